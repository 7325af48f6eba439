// Tool servers as a clearance reaches them: which there are, found and started when first asked for, ended when idle.
import { createHash } from 'node:crypto'
import { type Clearance, checkClearance } from '../access/clearance.ts'
import { atLeast } from '../access/levels.ts'
import { internet, type Net } from '../box/dial.ts'
import type { Boxes } from '../box/room.ts'
import { CoopError, messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { McpHand } from '../tools/hands.ts'
import { loginWanted, openRenewals } from './auth.ts'
import { type Connection, connect } from './connection.ts'
import { handOf, type Use } from './hand.ts'
import { fetchFor } from './http.ts'
import { openLogins } from './logins.ts'
import type { ToolServer } from './server.ts'

export interface ToolServersOptions {
  /** Asked at each use: a changed configuration counts at once. */
  readonly servers: () => readonly ToolServer[]
  readonly boxes: Pick<Boxes, 'offers' | 'sameBox' | 'serve'>
  /** Where logins are kept. */
  readonly logins: string
  readonly version: string
  readonly log: Log
  readonly now: () => number
  readonly net?: Net
}

export interface ToolServers extends AsyncDisposable {
  /** Null where no server may be used. */
  hand(clearance: Clearance): McpHand | null
  /** What one server says of itself. Throws `tool_server_failed` with one line that names it. */
  probe(
    clearance: Clearance,
    name: string,
    signal: AbortSignal,
  ): Promise<{ title: string; tools: readonly string[] }>
  /** Ends what the configuration in force no longer names. */
  sweep(): void
}

interface Held {
  readonly server: string
  readonly connection: Promise<Connection>
  readonly openedAt: number
  uses: number
  usedAt: number
}

const idleMs = 10 * 60_000
const sweepMs = 60_000
const mostHeld = 32
/** A server that fails is asked again after a while that doubles, in milliseconds. */
const firstPauseMs = 1_000
const longestPauseMs = 60_000
/** Who ends sooner than this after its start has failed. */
const soundMs = 30_000

export function openToolServers(options: ToolServersOptions): ToolServers {
  const { boxes, log, now } = options
  const held = new Map<string, Held>()
  const failures = new Map<string, { count: number; until: number; reason: string }>()
  const logins = openLogins(options.logins)
  const renewals = openRenewals(logins)
  const ending = new AbortController()
  let timer: NodeJS.Timeout | undefined

  const open = (clearance: Clearance) =>
    clearance.person === null || clearance.job !== undefined
      ? []
      : options
          .servers()
          .filter(
            server =>
              atLeast(clearance.level, server.trust) &&
              (server.way.kind === 'address' || boxes.offers(clearance) !== null),
          )

  function use(clearance: Clearance): Use {
    return async (server, work, signal) => {
      const key = keyOf(clearance, server)
      const one = held.get(key) ?? begin(key, clearance, server)
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
        // It was let go while this was running.
        if (one.uses === 0 && held.get(key) !== one) end(one)
      }
    }
  }

  /** What one conversation's server learns, another's must not tell: they share one only if they open the same. */
  function keyOf(clearance: Clearance, server: ToolServer): string {
    const same = [server, clearance.person, clearance.reads, boxes.sameBox(clearance)]
    return createHash('sha256').update(JSON.stringify(same)).digest('hex')
  }

  function begin(key: string, clearance: Clearance, server: ToolServer): Held {
    const { name } = server
    const failed = failures.get(key)
    if (failed && failed.until > now()) {
      const seconds = Math.ceil((failed.until - now()) / 1_000)
      throw new CoopError('tool_server_failed', `${failed.reason}; it is tried again in ${seconds} s`)
    }
    const connection = connected(clearance, server)
    const one: Held = { server: JSON.stringify(server), connection, openedAt: now(), uses: 0, usedAt: now() }
    held.set(key, one)
    const letGo = (reason: string) => {
      if (held.get(key) === one) held.delete(key)
      const count = (failures.get(key)?.count ?? 0) + 1
      const until = now() + Math.min(firstPauseMs * 2 ** (count - 1), longestPauseMs)
      failures.set(key, { count, until, reason })
    }
    connection.then(
      ({ title, closed }) => {
        log.info({ server: name, title }, 'tool server')
        void closed.then(() => {
          if (held.get(key) !== one) return
          log.warn({ server: name }, 'a tool server ended')
          if (now() - one.openedAt < soundMs) letGo('it ended soon after its start')
          else {
            held.delete(key)
            failures.delete(key)
          }
        })
      },
      error => {
        if (ending.signal.aborted) return
        const reason = messageOf(error)
        log.warn({ server: name, reason }, 'a tool server does not work')
        letGo(reason)
        // A login is a person's to make: nothing is gained by a pause.
        if (reason === loginWanted(name).message) failures.delete(key)
      },
    )
    const idle = [...held.entries()].filter(([, other]) => other.uses === 0 && other !== one)
    if (held.size > mostHeld)
      for (const [other, { usedAt }] of idle)
        if (usedAt === Math.min(...idle.map(([, at]) => at.usedAt))) drop(other)
    timer ??= setInterval(sweep, sweepMs).unref()
    return one
  }

  /** Not under the signal of the turn that asked first: others may wait for the same one. */
  async function connected(clearance: Clearance, server: ToolServer): Promise<Connection> {
    const { missing, way } = server
    if (missing.length > 0)
      throw new CoopError('tool_server_failed', `${missing.join(' and ')} is not set in the environment`)
    const { version } = options
    return connect(
      server,
      {
        version,
        logins,
        renewals,
        fetch: way.kind === 'address' ? fetchFor(way, options.net ?? internet) : fetch,
        async serve(signal) {
          const served = way.kind === 'program' ? await boxes.serve(clearance, way, signal) : null
          if (!served)
            throw new CoopError(
              'box_failed',
              'there is no box here that was proven to hold; `coop doctor` says why',
            )
          return served
        },
      },
      ending.signal,
    )
  }

  function drop(key: string): void {
    const one = held.get(key)
    held.delete(key)
    if (one && one.uses === 0) end(one)
  }

  function end(one: Held): void {
    void one.connection.then(connection => connection[Symbol.asyncDispose]()).catch(() => {})
  }

  function sweep(): void {
    const known = new Set(options.servers().map(server => JSON.stringify(server)))
    for (const [key, one] of held) {
      const stale = !known.has(one.server)
      if (stale || (one.uses === 0 && one.usedAt < now() - idleMs)) drop(key)
    }
    for (const [key, { until }] of failures) if (until < now() - longestPauseMs) failures.delete(key)
  }

  return {
    hand(clearance) {
      checkClearance(clearance)
      const servers = open(clearance)
      return servers.length === 0 ? null : handOf(servers, clearance.level, use(clearance))
    },
    async probe(clearance, name, signal) {
      checkClearance(clearance)
      const server = open(clearance).find(known => known.name === name)
      if (!server)
        throw new CoopError(
          'not_found',
          `There is no tool server "${name}" for this level; \`coop mcp\` lists them.`,
        )
      try {
        return await use(clearance)(
          server,
          async connection => ({
            title: connection.title,
            tools: (await connection.tools()).map(tool => tool.name),
          }),
          signal,
        )
      } catch (error) {
        signal.throwIfAborted()
        throw new CoopError(
          'tool_server_failed',
          `The tool server "${name}" does not work: ${messageOf(error)}.`.replace(/\.\.$/, '.'),
          {
            cause: error,
          },
        )
      }
    },
    sweep,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      ending.abort()
      const all = [...held.values()]
      held.clear()
      await Promise.allSettled(all.map(async one => (await one.connection)[Symbol.asyncDispose]()))
    },
  }
}

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
