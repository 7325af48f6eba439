// `coop memory`: the same that the agent does by tools, for whoever sits at the terminal.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { viewOf } from '../access/clear.ts'
import { findConfig } from '../config/environment.ts'
import { loadConfig } from '../config/load.ts'
import { forgetFor, forgottenText } from '../desk/forget.ts'
import { CoopError, messageOf } from '../errors.ts'
import { memoryOptionsOf } from '../memory/configure.ts'
import { openMemory } from '../memory/memory.ts'
import { migrationsFolder } from '../package.ts'
import { openStore } from '../store/store.ts'
import { type Command, exit } from './command.ts'
import { importCommand } from './memory/import.ts'
import { listCommand, searchCommand } from './memory/search.ts'
import { type Flags, personAsked, print, type Work } from './memory/work.ts'

const verbs: Record<string, (work: Work) => Promise<number>> = {
  search: searchCommand,
  list: listCommand,
  forget: forgetCommand,
  export: exportCommand,
  import: importCommand,
  stats: statsCommand,
}

export const memory: Command = {
  name: 'memory',
  usage: [
    'memory search TEXT [--as NAME] [--store S] [--limit 10] [--as-of 2026-01-31] [--archived] [--json]',
    'memory search --queries FILE [--as NAME] [--store S] [--limit 10]',
    'memory list [--as NAME] [--store S] [--limit 10] [--json]',
    'memory forget ID | --person NAME | --query TEXT [--sources] [--as NAME]',
    'memory export [--as NAME]',
    'memory import FILE [--as NAME]',
    'memory stats [--as NAME] [--json]',
  ],
  summary: 'search, list, forget, export and import memories',
  async run(args, cli) {
    const { positionals, values } = parsed(args)
    const [verb = '', ...rest] = positionals
    const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
    if (!run) throw new CoopError('usage_wrong', `coop memory takes one of ${Object.keys(verbs).join(', ')}.`)
    const path = findConfig(cli.config)
    if (path === undefined) throw new CoopError('config_missing', 'No coop.toml was found; run `coop init`.')
    const config = loadConfig(path)
    const person = personAsked(config, values.as)
    using memory = openMemory(memoryOptionsOf(config, { migrations: migrationsFolder('') }))
    const clearance = viewOf(person, 'terminal', config.household)
    const view = memory.open(clearance)
    return await run({ cli, config, memory, view, person, clearance, flags: values, rest })
  },
}

async function forgetCommand({ cli, config, view, clearance, flags, rest }: Work): Promise<number> {
  const what =
    flags.person !== undefined
      ? { person: flags.person }
      : flags.query !== undefined
        ? { query: flags.query }
        : rest[0] === undefined
          ? undefined
          : { id: rest[0] }
  if (!what) throw new CoopError('usage_wrong', 'Say what to forget: an id, --person NAME or --query TEXT.')
  using store = openStore(join(config.paths.db, 'coop.db'), migrationsFolder('coop'))
  const done = await forgetFor(store.db, view, clearance, what, flags.sources ?? false)
  print(cli, flags.json ? JSON.stringify(done) : forgottenText(done))
  return exit.done
}

async function exportCommand({ cli, view }: Work): Promise<number> {
  for (const line of view.export()) {
    if (!cli.stdout.write(`${line}\n`)) await new Promise(resolve => cli.stdout.once('drain', resolve))
  }
  return exit.done
}

async function statsCommand({ cli, view, flags }: Work): Promise<number> {
  const all = view.stats()
  if (flags.json) print(cli, JSON.stringify(all))
  else {
    for (const { store, turns, facts, summaries, pinned, archived, vectors } of all) {
      print(
        cli,
        `${store}: ${turns} turns, ${facts} facts, ${summaries} summaries, ${pinned} pinned, ${archived} archived${vectors === null ? '' : `, ${vectors} with vectors`}`,
      )
    }
  }
  return exit.done
}

function parsed(args: readonly string[]): { positionals: string[]; values: Flags } {
  const text = { type: 'string' } as const
  const mark = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        as: text,
        store: text,
        limit: text,
        queries: text,
        person: text,
        query: text,
        json: mark,
        sources: mark,
        archived: mark,
        'as-of': text,
      },
    })
  } catch (cause) {
    throw new CoopError('usage_wrong', messageOf(cause), { cause })
  }
}
