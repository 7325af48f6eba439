// Which tables hold what: a shelf for each store, and in a personal store one for each level it was said at.
import { type Compartment, personalOf } from '../access/levels.ts'

/** The shelves of memory.db. */
export const commonShelves = ['social', 'shared', 'private'] as const
/** The shelves of a personal file, by the highest level among a row's labels. */
export const personalShelves = ['familiar', 'inner', 'full'] as const
export type ShelfId = (typeof commonShelves)[number] | (typeof personalShelves)[number]

/** What people call a store: a compartment's name. */
export type StoreName = Compartment

/** A shelf and the file it is in; `owner` null for memory.db. */
export interface ShelfRef {
  readonly id: ShelfId
  readonly owner: string | null
}

/** Table names of a shelf. Every query takes its names from here. */
export interface Tables {
  readonly mem: string
  readonly fts: string
  readonly voc: string
  readonly vec: string
  readonly bits: string
  readonly size: string
  readonly person: string
  readonly name: string
  readonly alias: string
  readonly evidence: string
  readonly tombstone: string
  readonly archive: string
  readonly embedded: string
  readonly captured: string
}

export const tables: Readonly<Record<ShelfId, Tables>> = {
  social: named('social'),
  shared: named('shared'),
  private: named('private'),
  familiar: named('familiar'),
  inner: named('inner'),
  full: named('full'),
}

const opens: Record<(typeof personalShelves)[number], readonly Compartment[]> = {
  familiar: ['social'],
  inner: ['social', 'shared'],
  full: ['social', 'shared', 'private'],
}

/** The shelves that `reads` opens; a personal one only to its own person. */
export function shelvesOf(reads: readonly Compartment[], person: string | null): ShelfRef[] {
  const common = commonShelves.filter(id => reads.includes(id)).map(id => ({ id, owner: null }))
  if (person === null || !reads.includes(personalOf(person))) return common
  const own = personalShelves.filter(id => opens[id].every(compartment => reads.includes(compartment)))
  return [...common, ...own.map(id => ({ id, owner: person }))]
}

/** The shelf for what was made while `labels` were open; undefined when none fits. */
export function shelfFor(labels: readonly string[]): ShelfRef | undefined {
  const personal = labels.filter(label => label.startsWith('personal:'))
  const highest = commonShelves.findLast(id => labels.includes(id))
  if (personal.length > 1) return undefined
  const owner = personal[0]?.slice('personal:'.length)
  if (owner === undefined) return highest && { id: highest, owner: null }
  const id = personalShelves[Math.max(highest ? commonShelves.indexOf(highest) : 0, 0)]!
  return { id, owner }
}

/** The labels that rows of a shelf carry. */
export const labelsOf = (ref: ShelfRef): Compartment[] =>
  ref.owner === null ? [ref.id as Compartment] : [...opens[ref.id as 'full'], personalOf(ref.owner)]

/** The store that a shelf belongs to. */
export const storeOf = (ref: ShelfRef): StoreName =>
  ref.owner === null ? (ref.id as StoreName) : personalOf(ref.owner)

function named(id: ShelfId): Tables {
  const table = (name: string) => `${name}_${id}`
  return {
    mem: table('mem'),
    fts: table('fts'),
    voc: table('voc'),
    vec: table('vec'),
    bits: table('bits'),
    size: table('size'),
    person: table('person'),
    name: table('name'),
    alias: table('alias'),
    evidence: table('evidence'),
    tombstone: table('tombstone'),
    archive: table('archive'),
    embedded: table('embedded'),
    captured: table('captured'),
  }
}
