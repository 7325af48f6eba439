// coop mcp: the tool servers of the configuration, tried, and logged in at.
import { createInterface } from 'node:readline'
import type { Config } from '../config/load.ts'
import { CoopError } from '../errors.ts'
import { silentLog } from '../log.ts'
import { loginsFolder, openLogins } from '../mcp/logins.ts'
import { type ToolServer, toolServersOf } from '../mcp/server.ts'
import { openServersHere } from './checks/tool-servers.ts'
import { type Cli, type Command, exit } from './command.ts'
import { openConfig } from './home.ts'

export const mcp: Command = {
  name: 'mcp',
  usage: ['mcp [list] [--json]', 'mcp test [NAME]', 'mcp login NAME', 'mcp logout NAME'],
  summary: 'tool servers: list them, try them, log in at one',
  async run(args, cli) {
    const [verb = 'list', name, ...rest] = args.filter(arg => arg !== '--json')
    const config = openConfig(cli)
    const json = args.includes('--json')
    if (rest.length > 0 || (verb === 'list' && name !== undefined) || (json && verb !== 'list'))
      throw new CoopError('usage_wrong', `Write ${mcp.usage.map(form => `\`coop ${form}\``).join(', ')}.`)
    if (verb === 'list') return list(config, cli, json)
    if (verb === 'test') return tryOut(config, cli, name)
    if (verb !== 'login' && verb !== 'logout')
      throw new CoopError(
        'usage_wrong',
        `coop mcp does not know "${verb}"; it takes list, test, login, logout.`,
      )
    if (name === undefined) throw new CoopError('usage_wrong', `Say which: \`coop mcp ${verb} NAME\`.`)
    const server = serverOf(config, name)
    return verb === 'login' ? logInAt(server, config, cli) : logOutAt(server, config, cli)
  },
}

function list(config: Config, cli: Cli, json: boolean): number {
  const logins = openLogins(loginsFolder(config.paths.db))
  const rows = toolServersOf(config).map(({ name, about, way, trust, missing }) => ({
    name,
    about,
    reached_by: way.kind === 'program' ? `program ${way.argv[0]}` : way.url.href,
    trust,
    access:
      missing.length > 0
        ? `${missing.join(', ')} not set`
        : way.kind === 'program' || way.key !== undefined
          ? 'ready'
          : logins.read(name, way.url)
            ? 'logged in'
            : 'no login',
  }))
  if (json) cli.stdout.write(`${JSON.stringify(rows)}\n`)
  else if (rows.length === 0)
    cli.stdout.write('No tool servers; `[[mcp]]` in coop.toml names one. docs/mcp.md tells how.\n')
  else
    for (const row of rows)
      cli.stdout.write(
        `${row.name}  ${row.reached_by}  from ${row.trust}  ${row.access}${row.about ? `  (${row.about})` : ''}\n`,
      )
  return exit.done
}

async function tryOut(config: Config, cli: Cli, name: string | undefined): Promise<number> {
  const servers = name === undefined ? toolServersOf(config) : [serverOf(config, name)]
  await using here = openServersHere(config, silentLog())
  let failed = false
  for (const server of servers) {
    const tried = await here.attempt(server, cli.signal)
    failed ||= !tried.works
    const line = tried.works
      ? `${server.name} works: ${tried.title}; ${tried.tools.length} tools${tried.tools.length > 0 ? `: ${tried.tools.join(', ')}` : ''}`
      : tried.reason
    cli.stdout.write(`${line}\n`)
  }
  if (servers.length === 0) cli.stdout.write('There are no tool servers to try.\n')
  return failed ? exit.failed : exit.done
}

async function logInAt(server: ToolServer, config: Config, cli: Cli): Promise<number> {
  const { logIn } = await import('../mcp/login.ts')
  using lines = createInterface({ input: cli.stdin })
  await logIn(
    server,
    {
      logins: openLogins(loginsFolder(config.paths.db)),
      show: url =>
        cli.stdout.write(
          `Open this address in a browser on this computer:\n\n${url}\n\nIf the browser is on another one, paste here the address that it ends at.\n`,
        ),
      pasted: lines,
    },
    cli.signal,
  )
  cli.stdout.write(`Logged in at ${server.name}.\n`)
  return exit.done
}

function logOutAt(server: ToolServer, config: Config, cli: Cli): number {
  const was = openLogins(loginsFolder(config.paths.db)).remove(server.name)
  cli.stdout.write(
    was ? `The token for ${server.name} is gone.\n` : `There was no login at ${server.name}.\n`,
  )
  return exit.done
}

function serverOf(config: Config, name: string): ToolServer {
  const servers = toolServersOf(config)
  const server = servers.find(known => known.name === name)
  if (server) return server
  const known = servers.map(one => one.name).join(', ') || 'none'
  throw new CoopError(
    'not_found',
    `There is no tool server "${name}" in ${config.path}; there are: ${known}.`,
  )
}
