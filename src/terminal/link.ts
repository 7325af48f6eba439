// A terminal client's link to one session: messages out, events in, and one answer at a time.
import { randomUUID } from 'node:crypto'
import type { Client } from '../protocol/client.ts'
import type { SequencedEvent, SessionEvent } from '../protocol/events.ts'
import type { Results } from '../protocol/messages.ts'

export interface Link {
  readonly who: Results['initialize']
  readonly session: string
  readonly client: Client
  /** Sends a message; resolves when its turn ended, waits for a person, or a command was answered. */
  ask(text: string): Promise<void>
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
  let settle = () => {}
  let session = ''
  let inTurn = false

  return {
    onEvent(sequenced) {
      if (sequenced.session !== session) return
      const { event } = sequenced
      show(event)
      if (event.type === 'turn_started') inTurn = true
      if (event.type === 'turn_ended') inTurn = false
      if (event.type === 'turn_ended' || (event.type === 'notice' && !inTurn)) settle()
    },
    async open(client, who, wanted, after) {
      session = wanted ?? who.session
      await client.call('session/attach', { session, ...(after === undefined ? {} : { after }) })
      return {
        who,
        session,
        client,
        async ask(text) {
          const ended = new Promise<void>(resolve => {
            settle = resolve
          })
          await client.call('session/send', { session, text, id: randomUUID() })
          await Promise.race([ended, client.closed])
        },
        stop: async () => (await client.call('session/stop', { session })).stopped,
      }
    },
  }
}
