// The memories that go with an incoming message: pinned, fitting and newest, within a budget of tokens.
import type { Origin } from '../store/entry.ts'
import { isoDay } from './dates.ts'
import type { Ranked } from './rank.ts'
import { retrieve, sizeOf } from './retrieve.ts'
import type { Memo, Row } from './row.ts'
import { type Found, findAll, type Scope, shown } from './scope.ts'
import { labelsOf } from './shelves.ts'

export interface PromptIndexOptions {
  /** Most rows. Default 12. */
  readonly limit?: number
  /** Default 1200. */
  readonly maxTokens?: number
  /** After this the cheaper candidates are used. Default 50. */
  readonly deadlineMs?: number
  /** Turns from this transcript entry on are in the prompt already. */
  readonly promptFrom?: number
}

export interface IndexLine {
  readonly id: string
  readonly text: string
  readonly labels: readonly string[]
  /** Never `outside`: such rows are found by search alone, and leave the prompt with its result. */
  readonly origin: Origin
}

export interface PromptIndex {
  /** Oldest first; empty when there is nothing to say. */
  readonly lines: readonly IndexLine[]
}

const share = { pinned: 150 / 1200, fitting: 900 / 1200 }
const firstTurns = 6
const newestRows = 2
const maxLineChars = 600

/** Pinned rows, what fits the text, and the newest, each with its share of the tokens. */
export async function promptIndex(
  scope: Scope,
  text: string,
  options: PromptIndexOptions = {},
): Promise<PromptIndex> {
  const limit = options.limit ?? 12
  const budget = options.maxTokens ?? 1200
  if (limit < 1 || scope.readable.length === 0) return { lines: [] }
  const shelves = scope.shelves()
  if (sizeOf(shelves).rows === 0) return { lines: [] }
  const ranked = await fitting(scope, text, options.deadlineMs ?? 50)
  const chosen = new Map<string, { hit: Found; line: string }>()
  let spent = 0

  const take = (hits: readonly Found[], upTo: number, rows: number): void => {
    for (const hit of hits) {
      if (chosen.size >= rows) return
      if (
        chosen.has(hit.row.uid) ||
        hit.row.origin_trust === 'outside' ||
        inPrompt(hit.row, options.promptFrom)
      )
        continue
      const line = lineOf(shown(hit))
      const cost = tokensOf(line)
      if (spent + cost > upTo) continue
      spent += cost
      chosen.set(hit.row.uid, { hit, line })
      scope.used.set(hit.row.uid, hit.shelf.ref)
    }
  }

  const pinned = shelves.flatMap(shelf =>
    (
      shelf
        .sql(`SELECT * FROM ${shelf.tables.mem} WHERE pinned = 1 ORDER BY confirmed_at DESC, uid LIMIT ?`)
        .all(limit) as Row[]
    ).map(row => ({ shelf, row })),
  )
  take(pinned, budget * share.pinned, limit)
  const hits = findAll(
    shelves,
    ranked.map(({ uid }) => uid),
  ).filter(({ row }) => row.superseded_by === null)
  const turns = hits.filter(({ row }) => row.kind === 'turn')
  const facts = hits.filter(({ row }) => row.kind !== 'turn')
  const upTo = spent + budget * share.fitting
  const rows = Math.max(limit - newestRows, 1)
  take([...turns.slice(0, firstTurns), ...facts, ...turns.slice(firstTurns)], upTo, rows)
  take(newest(scope, shelves), budget, limit)
  // Places that nothing new needs.
  take(turns, budget, limit)

  const lines = [...chosen.values()].sort((a, b) => a.hit.row.at - b.hit.row.at || (a.line < b.line ? -1 : 1))
  return {
    lines: lines.map(({ hit, line }) => ({
      id: hit.row.uid,
      text: line,
      labels: labelsOf(hit.shelf.ref),
      origin: hit.row.origin === 'tool' ? 'derived' : (hit.row.origin_trust as Origin),
    })),
  }
}

/** A cautious estimate: four bytes a token. */
export const tokensOf = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4) + 1

/** A text that cannot pass for more than one line. */
export const onOneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ').trim()

/** One memory in one line; text from outside as a quote with its author. */
export function lineOf(memo: Memo): string {
  const body = onOneLine(memo.title ? `${memo.title}: ${memo.text}` : memo.text)
  const short = body.length > maxLineChars ? `${body.slice(0, maxLineChars - 1)}…` : body
  const name = memo.saidBy === null ? '' : onOneLine(memo.saidBy).slice(0, 60)
  const said = memo.quoted ? `${name || 'someone outside'} wrote: “${short.replace(/[“”]/g, '"')}”` : short
  const who = memo.quoted || name === '' ? '' : `${name}: `
  const when =
    memo.event && memo.kind !== 'turn' ? `${isoDay(memo.at)}, of ${isoDay(memo.event.from)}` : isoDay(memo.at)
  return `- ${when} ${who}${said}${memo.ended ? ` (no longer so${memo.until === null ? '' : ` since ${isoDay(memo.until)}`})` : ''} [${memo.id.slice(0, 8)}]`
}

/** The best rows by the deadline, or what the rarest words alone find. */
async function fitting(scope: Scope, text: string, deadlineMs: number): Promise<readonly Ranked[]> {
  const limits = { now: scope.now() }
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(resolve, deadlineMs, undefined)
  })
  const full = scope.searcher.search(scope.readable, text, limits, 60).catch((error: unknown) => {
    scope.log.warn({ err: error }, 'memory search failed; the cheaper one is used')
    return undefined
  })
  const ranked = await Promise.race([full, late])
  clearTimeout(timer)
  return ranked ?? retrieve(scope.shelves(), text, { ...limits, cheap: true }).slice(0, 60)
}

function newest(scope: Scope, shelves: Found['shelf'][]): Found[] {
  return shelves
    .flatMap(shelf =>
      (
        shelf
          .sql(`SELECT * FROM ${shelf.tables.mem} WHERE kind <> 'turn' ORDER BY recorded_at DESC LIMIT 4`)
          .all() as Row[]
      ).map(row => ({ shelf, row })),
    )
    .filter(({ row }) => row.superseded_by === null && row.recorded_at <= scope.now())
    .sort((a, b) => b.row.recorded_at - a.row.recorded_at || (a.row.uid < b.row.uid ? -1 : 1))
    .slice(0, newestRows)
}

const inPrompt = (row: Row, from: number | undefined): boolean =>
  from !== undefined && row.kind === 'turn' && row.entry !== null && row.entry >= from
