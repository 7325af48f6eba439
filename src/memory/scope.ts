// What one clearance opens in memory: its shelves, which of them it may change, and what a view works with.
import { randomBytes } from 'node:crypto'
import type { Clearance } from '../access/clearance.ts'
import { CoopError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Files, Shelf } from './files.ts'
import { type Memo, memoOf, type Row } from './row.ts'
import type { Searcher } from './searcher.ts'
import { type ShelfRef, type StoreName, shelvesOf, storeOf } from './shelves.ts'

export interface Room {
  readonly files: Files
  readonly searcher: Searcher
  readonly now: () => number
  readonly log: Log
  /** A fresh public id. */
  readonly uid: () => string
  /** Builds the text indexes of a file anew where they do not fit its rows. */
  readonly mend: (owner: string | null) => void
  /** Rows that entered an answer or a prompt since upkeep last noted it, by their file. */
  readonly used: Map<string, ShelfRef>
}

export interface Scope extends Room {
  readonly clearance: Clearance
  readonly readable: readonly ShelfRef[]
  /** The readable shelves that exist, narrowed to one store if named. Valid until the next wait. */
  shelves(store?: StoreName): Shelf[]
}

export interface Found {
  readonly shelf: Shelf
  readonly row: Row
}

/** The shelves that a clearance reads, its own person’s among them, opened only if they exist. */
export function scopeOf(room: Room, clearance: Clearance): Scope {
  const readable = shelvesOf(clearance.reads, clearance.person)
  return {
    ...room,
    clearance,
    readable,
    shelves: store =>
      readable
        .filter(ref => store === undefined || storeOf(ref) === store)
        .flatMap(ref => room.files.existing(ref) ?? []),
  }
}

export const randomUid = (): string => randomBytes(16).toString('hex')

/** The shelves this clearance may change. */
export function writable(scope: Scope): ShelfRef[] {
  const { acts } = scope.clearance
  if (acts === 'full') return [...scope.readable]
  return acts === 'inner' ? scope.readable.filter(ref => ref.id !== 'private' && ref.id !== 'full') : []
}

/** Where a deliberate write goes: the store named, else the narrowest common one it may change. */
export function targetOf(scope: Scope, store?: string): ShelfRef {
  const open = writable(scope)
  const wanted = store === 'personal' ? `personal:${scope.clearance.person ?? ''}` : store
  const common = open.filter(ref => ref.owner === null)
  const found = wanted === undefined ? common.at(-1) : open.find(ref => storeOf(ref) === wanted)
  if (found) return found
  throw new CoopError(
    'not_permitted',
    `Nothing can be stored there from here; open: ${openStores(scope).join(', ') || 'none'}.`,
  )
}

/** Names of the stores that may be changed, each once. */
export const openStores = (scope: Scope): string[] => [
  ...new Set(writable(scope).map(ref => (ref.owner === null ? ref.id : 'personal'))),
]

const smallestPrefix = 8

/** Finds a row by its id or the first eight letters of it, on the shelves given. */
export function find(shelves: readonly Shelf[], id: string): Found | undefined {
  if (!/^[0-9a-f]{8,32}$/.test(id)) return undefined
  const hits = shelves.flatMap(shelf => {
    const rows = shelf
      .sql(`SELECT * FROM ${shelf.tables.mem} WHERE uid >= ? AND uid < ? LIMIT 2`)
      .all(id, `${id}${id.length < 32 ? 'g' : '\0'}`) as Row[]
    return rows.map(row => ({ shelf, row }))
  })
  return hits.length === 1 && id.length >= smallestPrefix ? hits[0] : undefined
}

/** The rows of these ids in their order: one question a shelf, however many there are. */
export function findAll(shelves: readonly Shelf[], uids: readonly string[]): Found[] {
  const wanted = JSON.stringify(uids)
  const found = new Map<string, Found>()
  for (const shelf of shelves) {
    const rows = shelf
      .sql(`SELECT m.* FROM json_each(?) ids JOIN ${shelf.tables.mem} m ON m.uid = ids.value`)
      .all(wanted) as Row[]
    for (const row of rows) found.set(row.uid, { shelf, row })
  }
  return uids.flatMap(uid => found.get(uid) ?? [])
}

/** The same words for what does not exist and for what is not yours. */
export const notFound = (id: string): CoopError => new CoopError('not_found', `There is no memory ${id}.`)

export const shown = ({ shelf, row }: Found): Memo => memoOf(row, storeOf(shelf.ref))
