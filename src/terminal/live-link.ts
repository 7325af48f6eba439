// A link to one session that outlives its gateway: it connects again, replays what was missed and sends what was not accepted.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { CoopError, messageOf } from '../errors.ts'
import type { Client } from '../protocol/client.ts'
import type { SequencedEvent, SessionEvent } from '../protocol/events.ts'
import type { Method, Params, Results } from '../protocol/messages.ts'

export type Who = Results['initialize']
export type Connect = (
  onEvent: (event: SequencedEvent) => void,
) => Promise<{ readonly client: Client; readonly who: Who }>

export interface Attachment {
  readonly name: string
  readonly mime: string
  readonly path: string
}

export interface LiveLinkOptions {
  readonly connect: Connect
  readonly onEvent: (event: SessionEvent) => void
  /** The connection was lost, or is refused for a reason; what was streamed but not stored comes again. */
  readonly onAway: (reason: string) => void
  readonly onBack: () => void
  /** A message that the gateway refused for good. */
  readonly onRefused: (text: string, reason: string) => void
  readonly signal: AbortSignal
}

export interface LiveLink extends Disposable {
  readonly who: Who
  readonly session: string
  readonly connected: boolean
  /** Follows `session` from now on; resolves to its newest events, oldest first. */
  follow(session: string): Promise<readonly SessionEvent[]>
  /** Sends a message, now or when the gateway is back. */
  send(text: string, attachments?: readonly Attachment[]): void
  /** What waits for a gateway that is away; what is on its way to one that is there does not count. */
  readonly unsent: readonly string[]
  call<M extends Method>(method: M, params: Params<M>): Promise<Results[M]>
  /** Resolves when the link has given up, which it does only when `signal` aborts. */
  readonly ended: Promise<void>
}

const historyEvents = 100
const firstRestMs = 100
const longestRestMs = 3_000

/** Connects once, and throws what that throws; later losses are mended here. */
export async function openLiveLink(options: LiveLinkOptions): Promise<LiveLink> {
  const { signal } = options
  const unsent = new Map<string, Params<'session/send'>>()
  let { client, who } = await options.connect(receive)
  let session = who.session
  let seq = 0
  let connected = true
  const leave = () => client[Symbol.dispose]()
  signal.addEventListener('abort', leave, { once: true })

  function receive(sequenced: SequencedEvent): void {
    if (sequenced.session !== session) return
    seq = Math.max(seq, sequenced.seq)
    options.onEvent(sequenced.event)
  }

  async function deliver(message: Params<'session/send'>): Promise<void> {
    try {
      await client.call('session/send', message)
      unsent.delete(message.id)
    } catch (error) {
      if (error instanceof CoopError && error.code === 'gateway_unreachable') return
      unsent.delete(message.id)
      options.onRefused(message.text, messageOf(error))
    }
  }

  async function stayConnected(): Promise<void> {
    while (!signal.aborted) {
      await client.closed
      connected = false
      if (signal.aborted) return
      options.onAway('')
      await reconnect()
    }
  }

  async function reconnect(): Promise<void> {
    for (let restMs = firstRestMs; !signal.aborted; restMs = Math.min(restMs * 2, longestRestMs)) {
      try {
        const fresh = await options.connect(receive)
        client = fresh.client
        who = fresh.who
        await client.call('session/attach', { session, after: seq })
        connected = true
        options.onBack()
        for (const message of unsent.values()) await deliver(message)
        return
      } catch (error) {
        client[Symbol.dispose]()
        if (!(error instanceof CoopError && error.code === 'gateway_unreachable'))
          options.onAway(messageOf(error))
        await sleep(restMs, undefined, { signal }).catch(() => {})
      }
    }
  }

  const ended = stayConnected()
  return {
    get who() {
      return who
    },
    get session() {
      return session
    },
    get connected() {
      return connected
    },
    ended,
    get unsent() {
      return connected ? [] : [...unsent.values()].map(message => message.text)
    },
    async follow(wanted) {
      const { events } = await client.call('session/history', { session: wanted, limit: historyEvents })
      session = wanted
      seq = events.at(-1)?.seq ?? 0
      await client.call('session/attach', { session, after: seq })
      return events.map(sequenced => sequenced.event)
    },
    send(text, attachments = []) {
      const message = { session, text, id: randomUUID(), attachments: [...attachments] }
      unsent.set(message.id, message)
      if (connected) void deliver(message)
    },
    call: (method, params) => client.call(method, params),
    [Symbol.dispose]() {
      signal.removeEventListener('abort', leave)
      leave()
    },
  }
}
