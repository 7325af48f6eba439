// Shows people: all of them, one of them, and what one would see and has seen.
import { join } from 'node:path'
import { viewOf } from '../../access/clear.ts'
import type { Person } from '../../access/household.ts'
import { terminalMatch } from '../../config/household.ts'
import type { Config } from '../../config/load.ts'
import { CoopError } from '../../errors.ts'
import { personNamed } from '../../gateway/people/people.ts'
import { reportPeople } from '../../gateway/people/preview.ts'
import { foresee, foresightLines, hindsightLines, lookBack } from '../../gateway/people/sight.ts'
import { memoryOptionsOf } from '../../memory/configure.ts'
import { openMemory } from '../../memory/memory.ts'
import { migrationsFolder } from '../../package.ts'
import { openStore } from '../../store/store.ts'
import { type Cli, exit } from '../command.ts'

export function listPeople(config: Config, cli: Cli, json: boolean): number {
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

export function showPerson(config: Config, name: string, cli: Cli, json: boolean): number {
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

/** What they would be given, and what they were given, as the terminal's own person may know. */
export async function showSight(config: Config, name: string, cli: Cli, flags: SightFlags): Promise<number> {
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
  const person = personNamed(config.household, name)
  if (person) return person
  throw new CoopError('not_found', `There is no user "${name}"; \`coop users list\` shows them.`)
}
