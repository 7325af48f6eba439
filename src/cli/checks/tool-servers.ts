// The doctor's part about tool servers: each is started or reached as its owner would, and asked for its tools.
import { viewOf } from '../../access/clear.ts'
import { atLeast } from '../../access/levels.ts'
import { openBoxes } from '../../box/room.ts'
import { boxRulesOf } from '../../box/rules.ts'
import type { Config } from '../../config/load.ts'
import { messageOf } from '../../errors.ts'
import { type Log, silentLog } from '../../log.ts'
import { loginsFolder } from '../../mcp/logins.ts'
import { openToolServers } from '../../mcp/room.ts'
import { type ToolServer, toolServersOf } from '../../mcp/server.ts'
import { coopVersion } from '../../package.ts'
import type { Check, Finding } from './check.ts'

export type Tried =
  | { readonly works: true; readonly title: string; readonly tools: readonly string[] }
  | { readonly works: false; readonly reason: string }

export interface ServersHere extends AsyncDisposable {
  attempt(server: ToolServer, signal: AbortSignal): Promise<Tried>
}

/** The tool servers of a configuration, apart from those of a running gateway. */
export function openServersHere(config: Config, log: Log): ServersHere {
  const { home, paths, settings } = config
  const rules = boxRulesOf(config, settings.skills.paths)
  const boxes = openBoxes({
    workspace: paths.workspace,
    home,
    runtime: settings.box.runtime,
    rules: () => rules,
    origins: null,
    log,
  })
  const all = toolServersOf(config)
  const servers = openToolServers({
    servers: () => all,
    boxes,
    logins: loginsFolder(paths.db),
    version: coopVersion(),
    log,
    now: () => performance.now(),
  })
  return {
    async attempt(server, signal) {
      const person = [...config.household.people.values()].find(one => atLeast(one.level, server.trust))
      if (!person)
        return {
          works: false,
          reason: `${server.name}: nobody has the level "${server.trust}" that it is for.`,
        }
      try {
        const clearance = viewOf(person, 'terminal', config.household)
        if (server.way.kind === 'program') {
          const { problems } = await boxes.proof(signal)
          if (!boxes.offers(clearance))
            return { works: false, reason: `${server.name}: ${problems.join(' ')}` }
        }
        return {
          works: true,
          ...(await servers.probe(clearance, server.name, signal)),
        }
      } catch (error) {
        signal.throwIfAborted()
        return { works: false, reason: messageOf(error) }
      }
    },
    async [Symbol.asyncDispose]() {
      await servers[Symbol.asyncDispose]()
      boxes[Symbol.dispose]()
    },
  }
}

export const toolServerChecks: readonly Check[] = [
  {
    name: 'tool servers',
    run: async (config, signal) => {
      await using here = openServersHere(config, silentLog())
      // Awaited here: they end with this scope.
      return await Promise.all(
        toolServersOf(config).map(async (server): Promise<Finding> => {
          const tried = await here.attempt(server, signal)
          return tried.works
            ? { outcome: 'proved', title: `${server.name} answers with ${tried.tools.length} tools` }
            : { outcome: 'failed', title: `${server.name} does not answer`, detail: tried.reason }
        }),
      )
    },
  },
]
