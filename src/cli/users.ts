// coop users: people, and strangers who wait for an owner's word.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Level, levels } from '../access/levels.ts'
import { type Config, loadConfig } from '../config/load.ts'
import { lockPath, migrationsFolder } from '../coop.ts'
import { CoopError } from '../errors.ts'
import { openPeople } from '../gateway/people.ts'
import { takeLock } from '../store/lock.ts'
import { openStore, type Store } from '../store/store.ts'
import { reportPeople } from './check.ts'
import { type Cli, type Command, exit } from './command.ts'
import { connectTo, isRunning, openConfig } from './home.ts'

export const users: Command = {
  name: 'users',
  usage: [
    'users [list] [--json]',
    'users show NAME [--json]',
    'users approve CODE --as NAME --trust LEVEL',
    'users deny CODE',
  ],
  summary: 'people, and strangers who wait',
  async run(args, cli) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean' }, as: { type: 'string' }, trust: { type: 'string' } },
    })
    const [verb = 'list', subject] = positionals
    const config = openConfig(cli)
    if (verb === 'list') return list(config, cli, values.json ?? false)
    if (verb !== 'show' && verb !== 'approve' && verb !== 'deny')
      throw new CoopError('usage_wrong', `users does not know "${verb}"; see \`coop help users\`.`)
    if (!subject)
      throw new CoopError(
        'usage_wrong',
        verb === 'show'
          ? 'Say whom: `coop users show NAME`.'
          : `Say which code: \`coop users ${verb} CODE\`.`,
      )
    if (verb === 'show') return show(config, subject, cli, values.json ?? false)
    if (verb === 'approve' && !values.as) throw new CoopError('usage_wrong', 'Say who it is: --as NAME.')
    const trust = values.trust === undefined ? null : levelOf(values.trust)
    const said = await decide(config, verb, subject, values.as ?? '', trust)
    cli.stdout.write(`${said}\n`)
    return exit.done
  },
}

function list(config: Config, cli: Cli, json: boolean): number {
  using store = openStore(join(config.paths.db, 'coop.db'), migrationsFolder('coop'))
  const people = [...config.household.people.values()].map(({ id, name, level, matches }) => ({
    id,
    name,
    level,
    matches,
  }))
  const waiting = store.pairings.open().map(({ code, channel, sender, name, createdAt }) => ({
    code,
    channel,
    sender,
    name,
    at: new Date(createdAt).toISOString(),
  }))
  if (json) {
    cli.stdout.write(`${JSON.stringify({ people, waiting })}\n`)
    return exit.done
  }
  for (const person of people)
    cli.stdout.write(`${person.name} (${person.id})  ${person.level}  ${person.matches.join(' ')}\n`)
  if (waiting.length > 0)
    cli.stdout.write('\nWaiting to be let in (coop users approve CODE --as NAME --trust LEVEL):\n')
  for (const one of waiting)
    cli.stdout.write(
      `${one.code}  ${one.name}  ${one.channel}:${one.sender}  ${one.at.slice(0, 16).replace('T', ' ')}\n`,
    )
  return exit.done
}

function show(config: Config, name: string, cli: Cli, json: boolean): number {
  const person =
    config.household.people.get(name) ??
    [...config.household.people.values()].find(one => one.name.toLowerCase() === name.toLowerCase())
  if (!person) throw new CoopError('not_found', `There is no user "${name}"; \`coop users list\` shows them.`)
  using store = openStore(join(config.paths.db, 'coop.db'), migrationsFolder('coop'))
  const report = {
    id: person.id,
    name: person.name,
    level: person.level,
    matches: person.matches,
    max_trust: person.maxLevel,
    set_by_chat: store.settings.list(`person:${person.id}`),
    views: reportPeople(config).filter(view => view.id === person.id),
  }
  if (json) {
    cli.stdout.write(`${JSON.stringify(report)}\n`)
    return exit.done
  }
  cli.stdout.write(
    `${person.name} (${person.id}), ${person.level}\n  identities: ${person.matches.join(', ') || 'none'}\n`,
  )
  for (const view of report.views)
    cli.stdout.write(
      `  on ${view.channel}: ${view.level}; opens ${view.opens.join(', ') || 'nothing'}; tools ${view.tools.join(', ') || 'none'}\n`,
    )
  for (const [key, value] of Object.entries(report.set_by_chat))
    cli.stdout.write(`  set by chat: ${key} = ${JSON.stringify(value)}\n`)
  return exit.done
}

/** Through the running gateway, so that it takes effect at once; else on the files themselves. */
async function decide(
  config: Config,
  verb: 'approve' | 'deny',
  code: string,
  name: string,
  trust: Level | null,
): Promise<string> {
  if (await isRunning(config)) {
    const { client, who } = await connectTo(config, { client: 'coop users' })
    using _ = client
    const command =
      verb === 'deny' ? `/deny ${code}` : `/approve ${code} as ${name}${trust === null ? '' : ` ${trust}`}`
    return (await client.call('command/run', { session: who.session, command })).text
  }
  using _ = takeLock(lockPath(config))
  using store: Store = openStore(join(config.paths.db, 'coop.db'), migrationsFolder('coop'))
  const people = openPeople({
    pairings: store.pairings,
    config: () => loadConfig(config.path),
    reload: () => {},
  })
  return verb === 'approve' ? people.approve(code, name, trust) : people.deny(code)
}

function levelOf(word: string): Level {
  const level = levels.find(known => known === word)
  if (!level) throw new CoopError('usage_wrong', `"${word}" is no level; take ${levels.join(', ')}.`)
  return level
}
