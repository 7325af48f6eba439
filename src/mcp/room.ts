// Tool servers as a clearance reaches them: which there are, found and started when first asked for, ended when idle.
import { createHash } from 'node:crypto'
import { type Clearance, checkClearance } from '../access/clearance.ts'
import { atLeast } from '../access/levels.ts'
import { internet, type Net } from '../box/dial.ts'
import type { Boxes } from '../box/room.ts'
import { CoopError, messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { McpHand } from '../tools/hands/outside.ts'
import { openRenewals } from './auth.ts'
import { type Connection, connect } from './connection.ts'
import { handOf, type Use } from './hand.ts'
import { openConnections } from './held.ts'
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
  /** Milliseconds by a clock that nobody sets. */
  readonly now: () => number
  readonly net?: Net
  /** How long a server may take to greet, in milliseconds. */
  readonly startMs?: number
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

/** A program may have to be fetched first. */
const startMs = 60_000
const sweepMs = 60_000

export function openToolServers(options: ToolServersOptions): ToolServers {
  const { boxes } = options
  const connections = openConnections(options)
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

  const use =
    (clearance: Clearance): Use =>
    (server, work, signal) => {
      timer ??= setInterval(sweep, sweepMs).unref()
      const begin = () => connected(clearance, server)
      return connections.use(keyOf(clearance, server), server, begin, work, signal)
    }

  /** What one conversation's server learns, another's must not tell: they share one only if they open the same. */
  function keyOf(clearance: Clearance, server: ToolServer): string {
    const same = [
      server.name,
      server.way,
      server.timeoutMs,
      clearance.person,
      clearance.reads,
      boxes.sameBox(clearance),
    ]
    return createHash('sha256').update(JSON.stringify(same)).digest('hex')
  }

  /** Not under the signal of the turn that asked first: others may wait for the same one. */
  async function connected(clearance: Clearance, server: ToolServer): Promise<Connection> {
    const { missing, way } = server
    if (missing.length > 0)
      throw new CoopError('tool_server_failed', `${missing.join(' and ')} is not set in the environment`)
    const { version, startMs: patience = startMs } = options
    return connect(
      server,
      {
        version,
        startMs: patience,
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

  const sweep = () => connections.sweep(options.servers())

  return {
    hand(clearance) {
      checkClearance(clearance)
      // Asked anew at each use: a server that was taken away is gone for a running turn, too.
      const servers = () => open(clearance)
      return servers().length === 0 ? null : handOf(servers, clearance.level, use(clearance))
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
      await connections[Symbol.asyncDispose]()
    },
  }
}
