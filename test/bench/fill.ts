// A memory of any size to measure: made-up talk of two people, imported, or beyond that stored without its analysis.
import { setImmediate as breathe } from 'node:timers/promises'
import { addRow } from '../../src/memory/add-row.ts'
import { termOf } from '../../src/memory/analyse.ts'
import { dateTerms } from '../../src/memory/dates.ts'
import type { Shelf } from '../../src/memory/files.ts'
import { countPeople, countTerms, hashOf, nextPosition } from '../../src/memory/insert.ts'
import { openImport } from '../../src/memory/transfer.ts'
import { direct, type Home } from '../memory/people.ts'
import { progress } from './row.ts'

const words = Array.from({ length: 20_000 }, (_, index) => `w${index.toString(36)}`)
const terms = words.map(termOf)

/** A text of words as unevenly frequent as the content words of a language (Zipf and Mandelbrot, shifted by 50). */
export const text = (random: () => number): string => wordsOf(random, words)

export function generator(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

/** From so many rows to so many by the import that people use; how long it took in seconds, its end counted. */
export async function importUpTo(home: Home, first: number, end: number): Promise<number> {
  const view = home.memory.open(direct('alice'))
  const random = generator(11 + first)
  const started = performance.now()
  const into = openImport()
  const batch = 10_000
  for (let from = first; from < end; from += batch) {
    progress(`memory: ${from} of ${end} rows`)
    view.import(
      into,
      Array.from({ length: Math.min(batch, end - from) }, (_, index) => {
        const { seq, store, session, saidBy, at } = turn(from + index, random)
        const told = { text: text(random), said_by: saidBy, session, seq, at: new Date(at).toISOString() }
        return { kind: 'turn' as const, store, ...told }
      }),
    )
    await breathe()
  }
  into.finish()
  return (performance.now() - started) / 1_000
}

/** The same rows stored as they would be after their analysis, many in a commit: a million in a minute or two. */
export async function storeUpTo(home: Home, first: number, end: number): Promise<void> {
  const { room } = home.memory
  const db = room.files.database(null)
  const random = generator(11 + first)
  const cachePages = db.pragma('cache_size', { simple: true })
  db.pragma('cache_size = -262144')
  const batch = 50_000
  for (let from = first; from < end; from += batch) {
    progress(`memory: ${from} of ${end} rows`)
    const rows = Array.from({ length: Math.min(batch, end - from) }, (_, index) => ({
      ...turn(from + index, random),
      norm: wordsOf(random, terms),
    }))
    db.transaction(() => {
      for (const [store, group] of Map.groupBy(rows, row => row.store)) {
        const shelf = room.files.shelf({ id: store, owner: null })
        for (const session of Map.groupBy(group, row => row.session).values()) {
          const first = nextPosition(shelf, session[0]!.session)
          for (const [index, row] of session.entries())
            add(shelf, room.uid(), first + index, row, [session[index - 1], session[index + 1]])
        }
        for (const row of group) countPeople(shelf, { said_by: row.saidBy, people: '[]', at: row.at })
      }
    })()
    await breathe()
  }
  db.pragma(`cache_size = ${cachePages}`)
}

type Turn = ReturnType<typeof turn>

/** Forty turns to a session, each on the shelf that chance gives it. */
function turn(seq: number, random: () => number) {
  const store = random() < 0.7 ? 'private' : random() < 0.67 ? 'shared' : 'social'
  const session = `s${Math.floor(seq / 40)}`
  return { seq, store, session, saidBy: seq % 2 ? 'Alice' : 'Bob', at: 1.6e12 + seq * 6e4 } as const
}

type Told = Turn & { readonly norm: string }

function add(shelf: Shelf, uid: string, pos: number, row: Told, beside: readonly (Told | undefined)[]): void {
  const near = beside.flatMap(other => other?.norm ?? []).join(' ')
  const meta = [termOf(row.saidBy.toLowerCase()), ...dateTerms(row.at, '')].join(' ')
  const { norm, saidBy, session, seq, at } = row
  addRow(shelf, {
    ...{ uid, key: `import:${uid}`, kind: 'turn', title: null, body: norm, norm, near, meta },
    len: countTerms(norm) + countTerms(near) + countTerms(meta),
    ...{ said_by: saidBy, author: null, people: '[]', session, seq, pos, at },
    ...{ event_from: null, event_to: null, event_precision: null },
    ...{ valid_from: null, valid_to: null, superseded_by: null },
    ...{ recorded_at: at, confirmed_at: null, confirmations: 1, used_at: null, pinned: 0 },
    ...{ origin: 'imported', origin_trust: 'full', hash: hashOf(norm), ref: null, entry: null },
    ...{ asks: 0, tells_time: 0, tells_number: 1 },
  })
}

function wordsOf(random: () => number, from: readonly string[]): string {
  const count = 12 + Math.floor(random() * 24)
  return Array.from(
    { length: count },
    () => from[Math.floor(50 * (1 + from.length / 50) ** random() - 50)] ?? 'the',
  ).join(' ')
}
