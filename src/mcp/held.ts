// Connections that are held: begun at the first use, paused after a failure, ended when idle, broken or out of date.
import { CoopError, messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { loginWanted } from './auth.ts'
import type { Connection } from './connection.ts'
import type { ToolServer } from './server.ts'

export interface Connections extends AsyncDisposable {
  /** Works with the connection of `key`, which nothing ends meanwhile but its own failure. */
  use<T>(
    key: string,
    server: ToolServer,
    begin: () => Promise<Connection>,
    work: (connection: Connection) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T>
  /** Ends what is idle, and what belongs to none of `servers`. */
  sweep(servers: readonly ToolServer[]): void
}

interface Held {
  readonly server: string
  readonly connection: Promise<Connection>
  readonly openedAt: number
  uses: number
  usedAt: number
}

const idleMs = 10 * 60_000
const mostHeld = 32
/** A server that fails is asked again after a while that doubles, in milliseconds. */
const firstPauseMs = 1_000
const longestPauseMs = 60_000
/** Who ends sooner than this after its start has failed. */
const soundMs = 30_000

export function openConnections({ log, now }: { log: Log; now: () => number }): Connections {
  const held = new Map<string, Held>()
  const failures = new Map<string, { count: number; until: number; reason: string }>()
  let over = false

  function hold(key: string, server: ToolServer, begin: () => Promise<Connection>): Held {
    const failed = failures.get(key)
    if (failed && failed.until > now()) {
      const seconds = Math.ceil((failed.until - now()) / 1_000)
      throw new CoopError('tool_server_failed', `${failed.reason}; it is tried again in ${seconds} s`)
    }
    const one: Held = { server: mark(server), connection: begin(), openedAt: now(), uses: 0, usedAt: now() }
    held.set(key, one)
    one.connection.then(
      ({ title, closed }) => {
        log.info({ server: server.name, title }, 'tool server')
        void closed.then(() => held.get(key) === one && ended(key, one, server.name))
      },
      error => {
        if (held.get(key) === one) held.delete(key)
        const reason = messageOf(error)
        if (!over) log.warn({ server: server.name, reason }, 'a tool server does not work')
        // A login is a person's to make: nothing is gained by a pause.
        if (reason !== loginWanted(server.name).message) pause(key, reason)
      },
    )
    makeRoom(one)
    return one
  }

  function ended(key: string, one: Held, name: string): void {
    held.delete(key)
    if (over) return
    log.warn({ server: name }, 'a tool server ended')
    if (now() - one.openedAt < soundMs) pause(key, 'it ended soon after its start')
    else failures.delete(key)
  }

  function pause(key: string, reason: string): void {
    const count = (failures.get(key)?.count ?? 0) + 1
    const until = now() + Math.min(firstPauseMs * 2 ** (count - 1), longestPauseMs)
    failures.set(key, { count, until, reason })
  }

  function makeRoom(latest: Held): void {
    if (held.size <= mostHeld) return
    const idle = [...held].filter(([, one]) => one.uses === 0 && one !== latest)
    const [oldest] = idle.sort(([, a], [, b]) => a.usedAt - b.usedAt)
    if (oldest) letGo(...oldest)
  }

  /** What is in use ends with its last use. */
  function letGo(key: string, one: Held): void {
    held.delete(key)
    if (one.uses === 0) end(one)
  }

  function end(one: Held): void {
    void one.connection.then(connection => connection[Symbol.asyncDispose]()).catch(() => {})
  }

  return {
    async use(key, server, begin, work, signal) {
      const one = held.get(key) ?? hold(key, server, begin)
      one.uses++
      try {
        const connection = await within(one.connection, signal)
        try {
          return await within(work(connection), signal)
        } finally {
          if (connection.broken() && held.get(key) === one) held.delete(key)
        }
      } finally {
        one.uses--
        one.usedAt = now()
        if (one.uses === 0 && held.get(key) !== one) end(one)
      }
    },
    sweep(servers) {
      const known = new Set(servers.map(mark))
      for (const [key, one] of held) {
        const idle = one.uses === 0 && one.usedAt < now() - idleMs
        if (idle || !known.has(one.server)) letGo(key, one)
      }
      for (const [key, { until }] of failures) if (until < now() - longestPauseMs) failures.delete(key)
    },
    async [Symbol.asyncDispose]() {
      over = true
      const all = [...held.values()]
      held.clear()
      await Promise.allSettled(all.map(async one => (await one.connection)[Symbol.asyncDispose]()))
    },
  }
}

/** How a server is reached; another way is another server. */
const mark = ({ name, way }: ToolServer): string => JSON.stringify([name, way])

/** The promise's end or the signal's, whichever is first. */
async function within<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([promise, stopped])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
