// Memory without a question: lists, a timeline, people, past conversations, sizes.
import type { Memo, Row } from './row.ts'
import { type Scope, shown } from './scope.ts'
import { defaultLimit, search } from './search.ts'
import { type StoreName, storeOf } from './shelves.ts'
import type { Vectors } from './vectors.ts'

export interface ListOptions {
  readonly store?: StoreName
  readonly kinds?: 'turns' | 'facts'
  readonly from?: number
  readonly to?: number
  readonly pinned?: boolean
  /** Default 10, at most 100. */
  readonly limit?: number
  readonly order?: 'newest' | 'oldest'
  /** By when it was said, or when it happened if the text tells. Default said. */
  readonly by?: 'said' | 'happened'
}

export interface PersonNote {
  readonly name: string
  readonly aliases: readonly string[]
  /** How many readable memories they said or are about. */
  readonly memories: number
  readonly lastAt: number
}

export interface SessionHit {
  readonly session: string
  readonly store: StoreName
  readonly from: number
  readonly to: number
  readonly turns: number
  /** What was said there that fits best. */
  readonly best: Memo
}

export interface StoreStats {
  readonly store: StoreName
  readonly turns: number
  readonly facts: number
  readonly summaries: number
  readonly pinned: number
  readonly archived: number
  /** Rows with a vector of the embedding model in force; null where nothing is sent to one. */
  readonly vectors: number | null
}

const most = 100

/** Rows of all readable shelves in one order. */
export function listRows(scope: Scope, options: ListOptions = {}): Memo[] {
  const limit = Math.max(1, Math.min(options.limit ?? defaultLimit, most))
  const newest = options.order !== 'oldest'
  const way = newest ? 'DESC' : 'ASC'
  const when = options.by === 'happened' ? 'coalesce(event_from, at)' : 'at'
  const conditions = [
    `${when} >= ? AND ${when} < ?`,
    ...(options.kinds === undefined ? [] : [`kind ${options.kinds === 'turns' ? '=' : '<>'} 'turn'`]),
    ...(options.pinned ? ['pinned = 1'] : []),
  ]
  const memos = scope.shelves(options.store).flatMap(shelf => {
    const rows = shelf
      .sql(
        `SELECT * FROM ${shelf.tables.mem} WHERE ${conditions.join(' AND ')}
         ORDER BY ${when} ${way}, seq ${way}, uid LIMIT ?`,
      )
      .all(options.from ?? -8.64e15, options.to ?? 8.64e15, limit) as Row[]
    return rows.map(row => shown({ shelf, row }))
  })
  const sign = newest ? -1 : 1
  const moment = (memo: Memo) => (options.by === 'happened' ? happenedAt(memo) : memo.at)
  const before = (a: Memo, b: Memo) =>
    sign * (moment(a) - moment(b) || (a.seq ?? 0) - (b.seq ?? 0)) || (a.id < b.id ? -1 : 1)
  return memos.sort(before).slice(0, limit)
}

/** When something happened, as far as its text tells; else when it was said. */
export const happenedAt = (memo: Memo): number => memo.event?.from ?? memo.at

/** Who the readable memories speak of, most often first. */
export function listPeople(scope: Scope, limit = 50): PersonNote[] {
  const people = new Map<string, { memories: number; lastAt: number; aliases: Set<string> }>()
  for (const shelf of scope.shelves()) {
    const { person, alias } = shelf.tables
    const rows = shelf.sql(`SELECT name, rows, last_at FROM ${person}`).all() as {
      name: string
      rows: number
      last_at: number
    }[]
    const aliases = shelf.sql(`SELECT alias FROM ${alias} WHERE person = ? ORDER BY alias LIMIT 20`)
    for (const { name, rows: memories, last_at } of rows) {
      const known = people.get(name) ?? { memories: 0, lastAt: 0, aliases: new Set<string>() }
      known.memories += memories
      known.lastAt = Math.max(known.lastAt, last_at)
      for (const { alias } of aliases.all(name) as { alias: string }[]) known.aliases.add(alias)
      people.set(name, known)
    }
  }
  return [...people]
    .map(([name, { memories, lastAt, aliases }]) => ({
      name,
      aliases: [...aliases].sort(),
      memories,
      lastAt,
    }))
    .sort((a, b) => b.memories - a.memories || (a.name < b.name ? -1 : 1))
    .slice(0, Math.min(limit, most))
}

/** Past conversations in which something fitting was said, best first. */
export async function listSessions(scope: Scope, text: string, limit = 5): Promise<SessionHit[]> {
  const turns = await search(scope, null, text, { kinds: 'turns', limit: most })
  const hits = new Map<string, SessionHit>()
  for (const best of turns) {
    if (best.session === null || hits.has(`${best.store}/${best.session}`)) continue
    const { session, store } = best
    const span = { from: Number.POSITIVE_INFINITY, to: 0, turns: 0 }
    for (const shelf of scope.shelves(store)) {
      const row = shelf
        .sql(
          `SELECT min(at) AS first, max(at) AS last, count(*) AS turns FROM ${shelf.tables.mem} WHERE session = ?`,
        )
        .get(session) as { first: number | null; last: number | null; turns: number }
      span.from = Math.min(span.from, row.first ?? span.from)
      span.to = Math.max(span.to, row.last ?? 0)
      span.turns += row.turns
    }
    hits.set(`${store}/${session}`, { session, store, ...span, best })
    if (hits.size === Math.min(limit, 20)) break
  }
  return [...hits.values()]
}

/** How much each readable store holds. */
export function stats(scope: Scope, vectors: Vectors | null): StoreStats[] {
  const sums = new Map<StoreName, ReturnType<typeof nothing>>()
  for (const ref of scope.readable) {
    const store = storeOf(ref)
    const sum = sums.get(store) ?? nothing()
    sums.set(store, sum)
    const shelf = scope.files.existing(ref)
    if (!shelf) continue
    const kinds = shelf
      .sql(`SELECT kind, count(*) AS rows, sum(pinned) AS pinned FROM ${shelf.tables.mem} GROUP BY kind`)
      .all() as { kind: Row['kind']; rows: number; pinned: number }[]
    for (const { kind, rows, pinned } of kinds) {
      sum[kind === 'turn' ? 'turns' : kind === 'fact' ? 'facts' : 'summaries'] += rows
      sum.pinned += pinned
    }
    const archived = shelf.sql(`SELECT count(*) AS rows FROM ${shelf.tables.archive}`).get() as {
      rows: number
    }
    sum.archived += archived.rows
    const embedded = vectors?.count(ref)
    if (embedded !== undefined) sum.vectors = (sum.vectors ?? 0) + embedded
  }
  return [...sums].map(([store, sum]) => ({ store, ...sum }))
}

const nothing = () => ({
  turns: 0,
  facts: 0,
  summaries: 0,
  pinned: 0,
  archived: 0,
  vectors: null as number | null,
})
