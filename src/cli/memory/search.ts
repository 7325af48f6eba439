// `coop memory search` and `list`: one question, or many from one process.
import { CoopError } from '../../errors.ts'
import type { StoreName } from '../../memory/shelves.ts'
import type { MemoryView } from '../../memory/view.ts'
import { exit } from '../command.ts'
import { linesOf } from './lines.ts'
import { resultOf, show } from './results.ts'
import { print, type Work } from './work.ts'

export async function searchCommand({ cli, view, flags, rest }: Work): Promise<number> {
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

export async function listCommand({ cli, view, flags }: Work): Promise<number> {
  show(cli, flags, view.list({ limit: count(flags.limit), ...storeOption(view, flags.store) }))
  return exit.done
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
