// The rows worth a closer look: the best of each shelf's text index, and the turns beside them.
import { sittingGapMs } from './context.ts'
import type { Shelf } from './files.ts'
import { factTerm } from './insert.ts'
import type { Row } from './row.ts'
import { manyRows, quoted } from './terms.ts'

/** How many of the best hits bring the turns beside them along. */
const companyOf = 12

export type Found = Pick<
  Row,
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

/** In a large memory a row has to have a term itself: there what only its neighbours have never comes first. */
export function expression(
  terms: readonly string[],
  kinds: 'turns' | 'facts' | undefined,
  rows: number,
): string {
  const any = terms.map(quoted).join(' OR ')
  const match = rows > manyRows ? `{norm meta} : (${any})` : `(${any})`
  return kinds === undefined ? match : `${match} ${kinds === 'turns' ? 'NOT' : 'AND'} meta : ${factTerm}`
}

/** The most promising rows of each shelf, with what was said beside the best of them if asked for. */
export function shortlist(
  shelves: readonly Shelf[],
  match: string,
  most: number,
  withCompany: boolean,
): { readonly shelf: Shelf; readonly rows: readonly Found[] }[] {
  return best(shelves, match, most).map(({ shelf, ids }) => {
    const hits = rowsOf(shelf, ids)
    return { shelf, rows: withCompany ? [...hits, ...besideOf(shelf, hits)] : hits }
  })
}

/** Of several shelves together not many more than of one. */
function best(shelves: readonly Shelf[], match: string, most: number): { shelf: Shelf; ids: number[] }[] {
  const lists = shelves.map(shelf => ({
    shelf,
    hits: shelf
      .sql(
        `SELECT rowid AS id, rank FROM ${shelf.tables.fts} WHERE ${shelf.tables.fts} MATCH ? ORDER BY rank LIMIT ?`,
      )
      .all(match, most) as { id: number; rank: number }[],
  }))
  const ranks = lists.flatMap(({ hits }) => hits.map(hit => hit.rank)).sort((x, y) => x - y)
  const worst = ranks[Math.round(most * 1.25)] ?? 0
  const fewest = Math.ceil(most / 4)
  return lists.map(({ shelf, hits }) => ({
    shelf,
    ids: hits.filter((hit, index) => index < fewest || hit.rank <= worst).map(hit => hit.id),
  }))
}

const foundColumns = `m.uid, m.kind, m.norm, m.near, m.meta, m.len, m.said_by, m.people, m.session, m.pos, m.at, m.event_from,
  m.valid_to, m.recorded_at, m.confirmed_at, m.pinned, m.asks, m.tells_time, m.tells_number`

function rowsOf(shelf: Shelf, ids: readonly number[]): Found[] {
  return shelf
    .sql(
      `SELECT ${foundColumns}
       FROM json_each(?) ids JOIN ${shelf.tables.mem} m ON m.id = ids.value`,
    )
    .all(JSON.stringify(ids)) as Found[]
}

/** The turns up to two places from the best hits that share no word with the question: answers often do not. */
function besideOf(shelf: Shelf, hits: readonly Found[]): Found[] {
  const here = new Set(hits.map(hit => hit.uid))
  const places = new Map<string, readonly [session: string, pos: number, at: number]>()
  for (const { session, pos, at } of hits.slice(0, companyOf)) {
    if (session === null || pos === null) continue
    for (const by of [-2, -1, 1, 2]) places.set(`${session}:${pos + by}`, [session, pos + by, at])
  }
  return (
    shelf
      .sql(
        `SELECT ${foundColumns} FROM json_each(?) places JOIN ${shelf.tables.mem} m
         ON m.session = places.value ->> 0 AND m.pos = places.value ->> 1
         WHERE abs(m.at - (places.value ->> 2)) <= ${sittingGapMs}`,
      )
      .all(JSON.stringify([...places.values()])) as Found[]
  ).filter(row => !here.has(row.uid))
}
