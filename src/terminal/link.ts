// A terminal client's link to one session: messages out, events in, and one answer at a time.
import { randomUUID } from 'node:crypto'
import type { Client } from '../protocol/client.ts'
import type { SequencedEvent, SessionEvent } from '../protocol/events.ts'
import type { Results } from '../protocol/messages.ts'

/** `failed`: the turn ended without an answer, and said why. */
export type Asked = 'answered' | 'failed' | 'interrupted' | 'gone'

export interface Link {
  readonly who: Results['initialize']
  readonly session: string
  readonly client: Client
  /** Sends a message; resolves when its turn ended, waits for a person, or a command was answered, or nobody can say any more. Stops the turn when `signal` aborts. */
  ask(text: string, signal?: AbortSignal): Promise<Asked>
  /** Stops the running turn; false when none runs. */
  stop(): Promise<boolean>
}

export interface LinkEvents {
  /** Given to the connection; routes events here. */
  readonly onEvent: (event: SequencedEvent) => void
  /** Makes the link once the connection stands. */
  open(client: Client, who: Results['initialize'], session: string | undefined, after?: number): Promise<Link>
}

/** `show` receives each event of the session, in order. */
export function linkEvents(show: (event: SessionEvent) => void): LinkEvents {
  let settle = (_asked: Asked) => {}
  let session = ''
  let inTurn = false

  return {
    onEvent(sequenced) {
      if (sequenced.session !== session) return
      const { event } = sequenced
      show(event)
      if (event.type === 'turn_started') inTurn = true
      if (event.type === 'turn_ended') inTurn = false
      if (event.type === 'turn_ended') settle(event.state === 'failed' ? 'failed' : 'answered')
      if (event.type === 'notice' && !inTurn) settle('answered')
    },
    async open(client, who, wanted, after) {
      session = wanted ?? who.session
      await client.call('session/attach', { session, ...(after === undefined ? {} : { after }) })
      return {
        who,
        session,
        client,
        async ask(text, signal) {
          const { promise: ended, resolve } = Promise.withResolvers<Asked>()
          settle = resolve
          // Where it runs elsewhere it would go on for nobody; once it is stopped, it says so.
          const interrupt = () =>
            void client.call('session/stop', { session }).then(
              ({ stopped }) => stopped || resolve('interrupted'),
              () => resolve('interrupted'),
            )
          signal?.addEventListener('abort', interrupt, { once: true })
          try {
            await client.call('session/send', { session, text, id: randomUUID() })
            if (signal?.aborted) interrupt()
            const asked = await Promise.race([ended, client.closed.then(() => 'gone' as const)])
            return signal?.aborted ? 'interrupted' : asked
          } finally {
            signal?.removeEventListener('abort', interrupt)
          }
        },
        stop: async () => (await client.call('session/stop', { session })).stopped,
      }
    },
  }
}
