// A live client of the gateway that keeps what it saw, for tests.
import { randomUUID } from 'node:crypto'
import { type Client, connectClient } from '../../src/protocol/client.ts'
import type { SessionEvent } from '../../src/protocol/events.ts'
import { protocolVersion } from '../../src/protocol/framing.ts'
import type { Results } from '../../src/protocol/messages.ts'
import type { TestHome } from './home.ts'
import { until } from './until.ts'

export interface LiveClient extends Disposable {
  readonly client: Client
  readonly who: Results['initialize']
  /** Everything seen of the attached session, oldest first. */
  readonly events: readonly SessionEvent[]
  send(text: string, id?: string): Promise<void>
  /** Sends and waits for the end of a turn or a notice; returns the new messages and notices, joined. */
  ask(text: string): Promise<string>
  /** What the agent and the gateway said so far. */
  said(): string[]
}

/** Connects to the gateway on `home` and attaches to the user's own session. */
export async function openLiveClient(
  home: TestHome,
  options: { readonly user?: string; readonly after?: number } = {},
): Promise<LiveClient> {
  const events: SessionEvent[] = []
  const client = await connectClient(home.socket, ({ event }) => events.push(event))
  const who = await client.call('initialize', {
    protocol: protocolVersion,
    client: 'test',
    ...(options.user === undefined ? {} : { user: options.user }),
  })
  const { session } = await client.call('session/attach', {
    ...(options.after === undefined ? {} : { after: options.after }),
  })
  const said = () => texts(events)
  const send = async (text: string, id: string = randomUUID()) => {
    await client.call('session/send', { session, text, id })
  }
  return {
    client,
    who,
    events,
    send,
    said,
    async ask(text) {
      const from = events.length
      await send(text)
      await until(`an answer to ${text.slice(0, 80)}`, () => isOver(events.slice(from)))
      return texts(events.slice(from)).join('\n')
    },
    [Symbol.dispose]: () => client[Symbol.dispose](),
  }
}

const texts = (events: readonly SessionEvent[]): string[] =>
  events.flatMap(event => (event.type === 'message' || event.type === 'notice' ? [event.text] : []))

/** A turn that began has ended, or a command was answered without one. */
function isOver(events: readonly SessionEvent[]): boolean {
  const began = events.some(event => event.type === 'turn_started')
  return events.some(event => event.type === (began ? 'turn_ended' : 'notice'))
}
