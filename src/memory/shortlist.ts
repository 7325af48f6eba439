// The rows worth a closer look: the best of each shelf's text index, and the turns beside them.
import { sittingGapMs } from './context.ts'
import type { Shelf } from './files.ts'
import type { Postings } from './postings.ts'
import type { Row } from './row.ts'
import type { Weighed } from './terms.ts'

export type Found = Pick<
  Row,
  | 'id'
  | 'uid'
  | 'kind'
  | 'norm'
  | 'near'
  | 'meta'
  | 'len'
  | 'said_by'
  | 'people'
  | 'session'
  | 'pos'
  | 'at'
  | 'event_from'
  | 'valid_to'
  | 'recorded_at'
  | 'confirmed_at'
  | 'pinned'
  | 'asks'
  | 'tells_time'
  | 'tells_number'
>

export interface Hunt {
  readonly terms: readonly Weighed[]
  /** How many rows are wanted of all shelves together. */
  readonly most: number
  /** Whether a row is also found by what only its neighbours say. */
  readonly byNeighbours: boolean
}

/** The most promising rows of each shelf. */
export function shortlist(
  shelves: readonly Shelf[],
  postings: Postings,
  hunt: Hunt,
): { readonly shelf: Shelf; readonly rows: readonly Found[] }[] {
  return best(shelves, postings, hunt).map(({ shelf, ids }) => ({ shelf, rows: rowsOf(shelf, ids) }))
}

/** What a term is worth that only the neighbours of a row have. */
const nearShare = 0.3

/**
 * The rows whose terms are worth most together, the newer of equals. Scores of the text index itself would take
 * several times as long, and these rows are weighed in full anyway.
 */
function best(shelves: readonly Shelf[], postings: Postings, hunt: Hunt): { shelf: Shelf; ids: number[] }[] {
  const hits = shelves.flatMap((shelf, place) => {
    const worth = new Map<number, number>()
    const add = (rows: readonly number[], value: number) => {
      for (const id of rows) worth.set(id, (worth.get(id) ?? 0) + value)
    }
    for (const { term, idf } of hunt.terms) {
      add(postings.rows(shelf, term, 'own'), hunt.byNeighbours ? idf * (1 - nearShare) : idf)
      if (hunt.byNeighbours) add(postings.rows(shelf, term, 'anywhere'), idf * nearShare)
    }
    return [...worth].map(([id, value]) => ({ place, id, value }))
  })
  const chosen = hits
    .sort((a, b) => b.value - a.value || b.id - a.id || a.place - b.place)
    .slice(0, hunt.most)
  return shelves.flatMap((shelf, place) => {
    const ids = chosen.filter(hit => hit.place === place).map(hit => hit.id)
    return ids.length === 0 ? [] : [{ shelf, ids }]
  })
}

const foundColumns = `m.id, m.uid, m.kind, m.norm, m.near, m.meta, m.len, m.said_by, m.people, m.session, m.pos, m.at, m.event_from,
  m.valid_to, m.recorded_at, m.confirmed_at, m.pinned, m.asks, m.tells_time, m.tells_number`

function rowsOf(shelf: Shelf, ids: readonly number[]): Found[] {
  return shelf
    .sql(
      `SELECT ${foundColumns}
       FROM json_each(?) ids JOIN ${shelf.tables.mem} m ON m.id = ids.value`,
    )
    .all(JSON.stringify(ids)) as Found[]
}

/** The turns up to two places from these, but for those that are `here` already: answers often share no word with a question. */
export function besideOf(shelf: Shelf, best: readonly Found[], here: readonly Found[]): Found[] {
  const known = new Set(here.map(row => row.uid))
  const places = new Map<string, readonly [session: string, pos: number, at: number]>()
  for (const { session, pos, at } of best) {
    if (session === null || pos === null) continue
    for (const by of [-2, -1, 1, 2]) places.set(`${session}:${pos + by}`, [session, pos + by, at])
  }
  const rows = shelf
    .sql(
      `SELECT ${foundColumns} FROM json_each(?) places JOIN ${shelf.tables.mem} m
       ON m.session = places.value ->> 0 AND m.pos = places.value ->> 1
       WHERE abs(m.at - (places.value ->> 2)) <= ${sittingGapMs}`,
    )
    .all(JSON.stringify([...places.values()])) as Found[]
  return rows.filter(row => !known.has(row.uid))
}
