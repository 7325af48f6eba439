// coop users: people, and strangers who wait for an owner's word.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { viewOf } from '../access/clear.ts'
import type { Person } from '../access/household.ts'
import { type Level, levels } from '../access/levels.ts'
import { terminalMatch } from '../config/household.ts'
import type { Config } from '../config/load.ts'
import { CoopError } from '../errors.ts'
import { runUsersWords } from '../gateway/commands/people-commands.ts'
import { openJoins } from '../gateway/joins.ts'
import { openPeople, type People } from '../gateway/people.ts'
import { reportPeople } from '../gateway/preview.ts'
import { foresee, foresightLines, hindsightLines, lookBack } from '../gateway/sight.ts'
import { silentLog } from '../log.ts'
import { memoryOptionsOf } from '../memory/configure.ts'
import { openMemory } from '../memory/memory.ts'
import { migrationsFolder, packageFolder } from '../package.ts'
import { openStore } from '../store/store.ts'
import { ask } from './ask.ts'
import { type Cli, type Command, exit } from './command.ts'
import { openConfig } from './home.ts'
import { type Here, runHere } from './run-here.ts'

export const users: Command = {
  name: 'users',
  usage: [
    'users [list] [--json]',
    'users show NAME [--would-see] [--has-seen] [--about TEXT] [--limit 20] [--json]',
    'users approve CODE --as NAME --trust LEVEL',
    'users deny CODE',
    'users set NAME [--trust LEVEL] [--name NEW]',
    'users merge NAME INTO [--yes]',
  ],
  summary: 'people, and strangers who wait',
  async run(args, cli) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        as: { type: 'string' },
        trust: { type: 'string' },
        name: { type: 'string' },
        yes: { type: 'boolean' },
        'would-see': { type: 'boolean' },
        'has-seen': { type: 'boolean' },
        about: { type: 'string' },
        limit: { type: 'string' },
      },
    })
    const [verb = 'list', subject, other] = positionals
    const config = openConfig(cli)
    if (verb === 'merge' && subject && other)
      return mergeTwo(config, cli, `merge ${subject} ${other}`, values.yes ?? false)
    if (verb === 'set' || verb === 'merge') {
      for (const words of changesOf(subject, values))
        cli.stdout.write(`${await runHere(config, `/users ${words}`, runUsers(config, words))}\n`)
      return exit.done
    }
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
    if (verb === 'show' && values.as)
      throw new CoopError(
        'usage_wrong',
        '--as belongs to `coop users approve`; `show` is for who owns the home.',
      )
    if (verb === 'show')
      return values['would-see'] || values['has-seen']
        ? sight(config, subject, cli, values)
        : show(config, subject, cli, values.json ?? false)
    if (verb === 'approve' && !values.as) throw new CoopError('usage_wrong', 'Say who it is: --as NAME.')
    const trust = values.trust === undefined ? null : levelOf(values.trust)
    const said = await decide(config, verb, subject, values.as ?? '', trust)
    cli.stdout.write(`${said}\n`)
    return exit.done
  },
}

/** The same words as in a chat, one change each. */
function changesOf(
  who: string | undefined,
  { trust, name }: { trust?: string | undefined; name?: string | undefined },
): string[] {
  const changes = [
    ...(trust === undefined ? [] : [`level ${who} ${levelOf(trust)}`]),
    ...(name === undefined ? [] : [`rename ${who} ${name}`]),
  ]
  if (!who || changes.length === 0)
    throw new CoopError(
      'usage_wrong',
      'Say `coop users set NAME --trust LEVEL` or `coop users merge NAME INTO`.',
    )
  return changes
}

const runUsers = (config: Config, words: string) => (here: Here) =>
  withPeople(config, here, people => runUsersWords(words, { ...here, people, memory: null }))

/** On a terminal the question is asked; in a script the command itself is the answer. */
async function mergeTwo(config: Config, cli: Cli, words: string, agreed: boolean): Promise<number> {
  const asked = cli.stdin.isTTY === true && !agreed
  if (asked) {
    const question = await runHere(config, `/users ${words}`, runUsers(config, words))
    const answer = await ask(cli, `${question.split('\n\n')[0]}\n\nJoin them? [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) {
      cli.stdout.write('Nothing was changed.\n')
      return exit.failed
    }
  }
  const sure = `${words} yes`
  cli.stdout.write(`${await runHere(config, `/users ${sure}`, runUsers(config, sure))}\n`)
  return exit.done
}

/** The people of a home on which no gateway runs. */
async function withPeople<T>(
  config: Config,
  { store, configuration }: Here,
  work: (people: People) => Promise<T>,
): Promise<T> {
  const folder = join(packageFolder(), 'migrations')
  using memory = openMemory(memoryOptionsOf(config, { migrations: folder }))
  using joins = openJoins({
    store,
    memory: () => memory.room,
    workspace: () => config.paths.workspace,
    household: () => configuration.latest().household,
    quietly: async job => job(),
    joined: () => {},
    tell: () => {},
    log: silentLog(),
  })
  return await work(openPeople({ pairings: store.pairings, configuration, joins }))
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

/** What they would be given, and what they were given, as the terminal's own person may know. */
async function sight(config: Config, name: string, cli: Cli, flags: SightFlags): Promise<number> {
  const person = personIn(config, name)
  const own = config.household.people.get(config.household.byMatch.get(terminalMatch) ?? '') ?? null
  using store = openStore(join(config.paths.db, 'coop.db'), migrationsFolder('coop'))
  using memory = openMemory(memoryOptionsOf(config, { migrations: migrationsFolder('') }))
  const mine = own ? memory.open(viewOf(own, 'terminal', config.household)) : null
  const viewer = own?.id ?? null
  const would = flags['would-see'] ? await foresee(config, memory, person, viewer, flags.about) : null
  const seen = flags['has-seen']
    ? lookBack(store.disclosures, mine, person.id, viewer, count(flags.limit))
    : null
  if (flags.json)
    cli.stdout.write(
      `${JSON.stringify({ id: person.id, ...(would ? { would_see: would } : {}), ...(seen ? { has_seen: seen } : {}) })}\n`,
    )
  else
    for (const line of [
      ...(would ? foresightLines(person, would) : []),
      ...(seen ? hindsightLines(person, seen) : []),
    ])
      cli.stdout.write(`${line}\n`)
  return exit.done
}

interface SightFlags {
  readonly json?: boolean | undefined
  readonly 'would-see'?: boolean | undefined
  readonly 'has-seen'?: boolean | undefined
  readonly about?: string | undefined
  readonly limit?: string | undefined
}

function count(limit = '20'): number {
  const number = Number(limit)
  if (Number.isInteger(number) && number >= 1 && number <= 1_000) return number
  throw new CoopError('usage_wrong', `--limit is "${limit}"; it takes a number from 1 to 1000.`)
}

function personIn(config: Config, name: string): Person {
  const person =
    config.household.people.get(name) ??
    [...config.household.people.values()].find(one => one.name.toLowerCase() === name.toLowerCase())
  if (person) return person
  throw new CoopError('not_found', `There is no user "${name}"; \`coop users list\` shows them.`)
}

function show(config: Config, name: string, cli: Cli, json: boolean): number {
  const person = personIn(config, name)
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
  const command =
    verb === 'deny' ? `/deny ${code}` : `/approve ${code} as ${name}${trust === null ? '' : ` ${trust}`}`
  return runHere(config, command, here =>
    withPeople(config, here, async people =>
      verb === 'approve'
        ? people.approve(code, name, trust, { ...here.author, why: command })
        : people.deny(code),
    ),
  )
}

function levelOf(word: string): Level {
  const level = levels.find(known => known === word)
  if (!level) throw new CoopError('usage_wrong', `"${word}" is no level; take ${levels.join(', ')}.`)
  return level
}
