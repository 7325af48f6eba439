// `coop memory`: the same that the agent does by tools, for whoever sits at the terminal.
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { parseArgs } from 'node:util'
import { viewOf } from '../access/clear.ts'
import type { Clearance } from '../access/clearance.ts'
import type { Person } from '../access/household.ts'
import { atLeast, levels, lowest } from '../access/levels.ts'
import { findConfig } from '../config/environment.ts'
import { terminalMatch } from '../config/household.ts'
import { type Config, loadConfig } from '../config/load.ts'
import { forgetFor, forgottenText } from '../desk/forget.ts'
import { CoopError, messageOf } from '../errors.ts'
import { memoryOptionsOf } from '../memory/configure.ts'
import { isoDay } from '../memory/dates.ts'
import { type Memory, openMemory } from '../memory/memory.ts'
import type { Memo } from '../memory/row.ts'
import type { StoreName } from '../memory/shelves.ts'
import { type Line, openImport, parseLine } from '../memory/transfer.ts'
import type { MemoryView } from '../memory/view.ts'
import { migrationsFolder } from '../package.ts'
import { openStore } from '../store/store.ts'
import { type Cli, type Command, exit } from './command.ts'

interface Flags {
  readonly as?: string
  readonly store?: string
  readonly limit?: string
  readonly json?: boolean
  readonly queries?: string
  readonly person?: string
  readonly query?: string
  readonly sources?: boolean
  readonly archived?: boolean
  readonly 'as-of'?: string
}

interface Work {
  readonly cli: Cli
  readonly config: Config
  readonly memory: Memory
  readonly view: MemoryView
  readonly person: Person
  readonly clearance: Clearance
  readonly flags: Flags
  readonly rest: readonly string[]
}

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

/** Whose view is taken: of the terminal's own person, or of somebody who is not above them. */
export function personAsked(config: Config, name: string | undefined): Person {
  const { household } = config
  const id = household.byMatch.get(terminalMatch)
  const own = id === undefined ? undefined : household.people.get(id)
  if (name === undefined) {
    if (own) return own
    throw new CoopError('usage_wrong', `Nobody is "${terminalMatch}"; say whose view to take with --as NAME.`)
  }
  const named =
    household.people.get(name) ??
    [...household.people.values()].find(person => person.name.toLowerCase() === name.toLowerCase())
  const ceiling = own ? levelAtTerminal(own) : 'public'
  if (named && atLeast(ceiling, levelAtTerminal(named))) return named
  throw new CoopError('not_found', `There is no user "${name}" whose view the terminal may take.`)
}

async function searchCommand({ cli, view, flags, rest }: Work): Promise<number> {
  const options = {
    limit: count(flags.limit),
    ...storeOption(view, flags.store),
    ...(flags.archived ? { archived: true } : {}),
    ...momentOption(flags['as-of']),
    signal: cli.signal,
  }
  if (flags.queries !== undefined) {
    for await (const line of linesOf(flags.queries, cli)) {
      if (line.trim() === '') continue
      print(cli, JSON.stringify((await view.search(questionIn(line), options)).map(resultOf)))
    }
    return exit.done
  }
  if (rest.length === 0)
    throw new CoopError('usage_wrong', 'coop memory search needs a text, or --queries FILE.')
  show(cli, flags, await view.search(rest.join(' '), options))
  return exit.done
}

async function listCommand({ cli, view, flags }: Work): Promise<number> {
  show(cli, flags, view.list({ limit: count(flags.limit), ...storeOption(view, flags.store) }))
  return exit.done
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

const batchLines = 1_000

async function importCommand({ cli, config, memory, view, person, flags, rest }: Work): Promise<number> {
  if (rest[0] === undefined)
    throw new CoopError('usage_wrong', 'coop memory import needs a file, or - for standard input.')
  const into = openImport()
  const views = new Map([[person.id, view]])
  let batch = new Map<MemoryView, Line[]>()
  let pending = 0
  let number = 0
  let stored = 0
  let known = 0
  let broken = 0

  const flush = () => {
    for (const [target, lines] of batch) {
      const fresh = target.import(into, lines)
      stored += fresh
      known += lines.length - fresh
    }
    batch = new Map()
    pending = 0
  }

  for await (const text of linesOf(rest[0], cli)) {
    number++
    if (text.trim() === '') continue
    try {
      const line = parseLine(text)
      const target = viewFor(line)
      target.checkLine(line)
      const lines = batch.get(target)
      if (lines) lines.push(line)
      else batch.set(target, [line])
      if (++pending >= batchLines) flush()
    } catch (error) {
      if (!(error instanceof CoopError)) throw error
      broken++
      warn(cli, `line ${number}: ${messageOf(error)}`)
    }
  }
  flush()
  into.finish()
  const parts = [
    `${stored} imported`,
    ...(known ? [`${known} known already`] : []),
    ...(broken ? [`${broken} broken`] : []),
  ]
  print(cli, flags.json ? JSON.stringify({ imported: stored, known, broken }) : `${parts.join(', ')}.`)
  return broken > 0 ? exit.failed : exit.done

  /** A line of somebody's personal store goes through their view, if the terminal may take it. */
  function viewFor(line: Line): MemoryView {
    if (line.owner === undefined || line.owner === person.id) return view
    if (flags.as !== undefined)
      throw new CoopError('not_permitted', `owner: only ${person.id}’s with --as ${flags.as}`)
    const owner = personAsked(config, line.owner)
    const open = views.get(owner.id) ?? memory.open(viewOf(owner, 'terminal', config.household))
    views.set(owner.id, open)
    return open
  }
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

function count(limit: string | undefined): number {
  const number = Number(limit ?? 10)
  if (Number.isInteger(number) && number >= 1 && number <= 100) return number
  throw new CoopError('usage_wrong', `--limit is "${limit}"; it takes a number from 1 to 100.`)
}

function momentOption(day: string | undefined): { asOf?: number } {
  if (day === undefined) return {}
  const asOf = Date.parse(day)
  if (!Number.isNaN(asOf)) return { asOf }
  throw new CoopError('usage_wrong', `--as-of is "${day}"; write a date as 2026-01-31.`)
}

function storeOption(view: MemoryView, name: string | undefined): { store?: StoreName } {
  if (name === undefined) return {}
  const store = view.stores.find(
    open => open === name || (name === 'personal' && open.startsWith('personal:')),
  )
  if (store) return { store }
  throw new CoopError(
    'not_found',
    `There is no store "${name}" here; open: ${view.stores.join(', ') || 'none'}.`,
  )
}

function questionIn(line: string): string {
  try {
    const { q } = JSON.parse(line) as { q?: unknown }
    if (typeof q === 'string') return q
  } catch {
    // Falls through to the message for both.
  }
  throw new CoopError(
    'input_invalid',
    `A query is one JSON object a line, {"q": "…"}; got: ${line.slice(0, 80)}`,
  )
}

async function* linesOf(path: string, cli: Cli): AsyncGenerator<string> {
  const input: Readable = path === '-' ? cli.stdin : createReadStream(path, 'utf8')
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      cli.signal.throwIfAborted()
      yield line
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause
    throw new CoopError('file_unreadable', `${path} cannot be read: ${messageOf(cause)}`, { cause })
  }
}

const resultOf = (memo: Memo) => ({
  id: memo.id,
  ref: memo.ref,
  store: memo.store.startsWith('personal:') ? 'personal' : memo.store,
  kind: memo.kind,
  text: memo.text,
  said_by: memo.saidBy,
  at: new Date(memo.at).toISOString(),
})

function show(cli: Cli, flags: Flags, memos: readonly Memo[]): void {
  if (flags.json) print(cli, JSON.stringify(memos.map(resultOf)))
  else if (memos.length === 0) print(cli, 'Nothing found.')
  else {
    for (const memo of memos) {
      const marks = [
        memo.store,
        memo.kind,
        ...(memo.pinned ? ['pinned'] : []),
        ...(memo.ended ? [`no longer so${memo.until === null ? '' : ` since ${isoDay(memo.until)}`}`] : []),
      ]
      const who = memo.saidBy === null ? '' : `${memo.saidBy}: `
      print(
        cli,
        `${memo.id.slice(0, 8)}  ${isoDay(memo.at)}  ${who}${memo.text.replace(/\s+/g, ' ')}  (${marks.join(', ')})`,
      )
    }
  }
}

const levelAtTerminal = (person: Person) => lowest(person.level, person.maxLevel.terminal ?? levels.at(-1)!)
const print = (cli: Cli, line: string) => void cli.stdout.write(`${line}\n`)
const warn = (cli: Cli, line: string) => void cli.stderr.write(`coop: ${line}\n`)
