// What is pushed to a channel on its way into the inbox: each item waits until it is stored.

export interface Intake<Item> {
  /** Resolves once the item is stored; rejects when it could not be. */
  offer(item: Item): Promise<void>
  /** Yields what was offered; resuming says that it is stored. */
  batches(signal: AbortSignal): AsyncGenerator<readonly Item[]>
}

interface Offer<Item> {
  readonly item: Item
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export function openIntake<Item>(): Intake<Item> {
  let waiting: Offer<Item>[] = []
  let wake = () => {}

  return {
    offer: item =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject })
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
            yield batch.map(offer => offer.item)
            stored = true
          } finally {
            for (const offer of batch) {
              if (stored) offer.resolve()
              else
                offer.reject(
                  new Error(
                    'The message could not be stored, perhaps for a full disk; make room and send it again.',
                  ),
                )
            }
          }
        }
      } finally {
        signal.removeEventListener('abort', stop)
      }
    },
  }
}
