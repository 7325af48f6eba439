// Messages of live clients on their way into the inbox: each waits until it is stored.
import type { Inbound } from '../../src/channel.ts'

export interface Intake {
  /** Resolves once the message is stored; rejects when it could not be. */
  offer(inbound: Inbound): Promise<void>
  /** Yields what was offered; resuming says that it is stored. */
  batches(signal: AbortSignal): AsyncGenerator<readonly Inbound[]>
}

interface Offer {
  readonly inbound: Inbound
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export function openIntake(): Intake {
  let waiting: Offer[] = []
  let wake = () => {}

  return {
    offer: inbound =>
      new Promise((resolve, reject) => {
        waiting.push({ inbound, resolve, reject })
        wake()
      }),
    async *batches(signal) {
      const stop = () => wake()
      signal.addEventListener('abort', stop)
      try {
        while (!signal.aborted) {
          if (waiting.length === 0) {
            await new Promise<void>(resolve => {
              wake = resolve
            })
            continue
          }
          const batch = waiting
          waiting = []
          let stored = false
          try {
            yield batch.map(offer => offer.inbound)
            stored = true
          } finally {
            for (const offer of batch) {
              if (stored) offer.resolve()
              else offer.reject(new Error('The message could not be stored; send it again.'))
            }
          }
        }
      } finally {
        signal.removeEventListener('abort', stop)
      }
    },
  }
}
