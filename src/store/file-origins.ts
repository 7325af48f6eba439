// The ledger of files that tools wrote: where their text came from, through renames and restarts.
import type { Db } from './database.ts'
import { type Origin, worst } from './entry.ts'

/** A file as it lies there, whatever it is called. Times are seconds with nine decimals, so that they compare as text. */
export interface FileFact {
  /** device:inode. */
  readonly inode: string
  /** When it was made; zero where the file system does not tell. */
  readonly birth: string
  /** Its last change of any kind. */
  readonly changed: string
  readonly path: string
}

export interface Written {
  readonly origin: Origin
  /** The compartments that were open when it was written. */
  readonly labels: readonly string[]
}

/** Something is being written, or was when it broke off: what it was is known once it is settled. */
export interface Writing extends Written {
  readonly id: number
  readonly since: string
  /** Null while it runs. */
  readonly until: string | null
}

interface Row {
  birth: string
  changed: string
  origin: Origin
  labels: string
}

export type FileOrigins = ReturnType<typeof openFileOrigins>

export function openFileOrigins(db: Db) {
  const find = db.prepare<[string], Row>(
    'SELECT birth, changed, origin, labels FROM file_origin WHERE inode = ?',
  )
  const put = db.prepare(
    `INSERT INTO file_origin (inode, birth, changed, path, origin, labels, at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (inode) DO UPDATE SET birth = excluded.birth, changed = excluded.changed, path = excluded.path,
       origin = excluded.origin, labels = excluded.labels, at = excluded.at`,
  )
  const open = db.prepare<[string, string, string]>(
    'INSERT INTO file_writing (since, origin, labels) VALUES (?, ?, ?)',
  )
  const close = db.prepare<[number]>('DELETE FROM file_writing WHERE id = ?')
  const breakOff = db.prepare<[string, number | null]>(
    'UPDATE file_writing SET until = ? WHERE until IS NULL AND id = coalesce(?, id)',
  )
  const unsettled = db.prepare<[], Omit<Writing, 'labels'> & { labels: string }>(
    'SELECT id, since, until, origin, labels FROM file_writing ORDER BY id',
  )
  const rows = db.prepare<[number], { inode: string; path: string }>(
    'SELECT inode, path FROM file_origin WHERE at < ?',
  )
  const forget = db.prepare<[string, number]>('DELETE FROM file_origin WHERE inode = ? AND at < ?')
  const outside = db.prepare<[], { 1: 1 }>("SELECT 1 FROM file_origin WHERE origin = 'outside' LIMIT 1")

  const rowOf = (fact: FileFact): Row | undefined => {
    const row = find.get(fact.inode)
    return row && sameBirth(row.birth, fact.birth) ? row : undefined
  }

  return {
    /** Notes that something is about to be written, of at worst this origin. */
    begin(since: string, { origin, labels }: Written): number {
      return Number(open.run(since, origin, JSON.stringify(labels)).lastInsertRowid)
    },
    /** Something that was begun will write no more, and what it wrote is not known; without `id`, all that was begun. */
    breakOff: (at: string, id?: number): void => void breakOff.run(at, id ?? null),
    /** The files that were written, in one commit with the end of the writing. */
    end: db.transaction((id: number, files: readonly FileFact[], written: Written, now: number): void => {
      record(files, written, now)
      close.run(id)
    }),
    /** A part of the files of a writing that goes on. */
    record: db.transaction((files: readonly FileFact[], written: Written, now: number) =>
      record(files, written, now),
    ),
    /** What was begun and is not settled. */
    unsettled: (): Writing[] =>
      unsettled.all().map(row => ({ ...row, labels: JSON.parse(row.labels) as string[] })),
    /** Whether the ledger knows this state of the file. */
    knows: (fact: FileFact): boolean => rowOf(fact)?.changed === fact.changed,
    /**
     * Where a file's text came from; null where nothing is known of it. A change that nobody wrote down makes it
     * derived at best; what was written by something that is not settled is of at worst that origin.
     */
    of(fact: FileFact): Written | null {
      const row = rowOf(fact)
      const known = row?.changed === fact.changed
      const writings = known ? [] : unsettled.all().filter(writing => mayBeOf(writing, fact))
      if (!row && writings.length === 0) return null
      const changed: Origin[] = known ? [] : ['derived']
      return {
        origin: worst([...(row ? [row.origin] : []), ...changed, ...writings.map(({ origin }) => origin)]),
        labels: [
          ...new Set([row?.labels ?? '[]', ...writings.map(({ labels }) => labels)].flatMap(parse)),
        ].sort(),
      }
    },
    /** Whether a file is from outside, or may be by one of these writings. */
    isOutside(fact: FileFact, writings: readonly Writing[]): boolean {
      const row = rowOf(fact)
      if (row?.origin === 'outside') return true
      return row?.changed !== fact.changed && writings.some(writing => mayBeOf(writing, fact))
    },
    /** The files that were last noted before a moment, in milliseconds since 1970. */
    notedBefore: (moment: number): { inode: string; path: string }[] => rows.all(moment),
    /** Forgets files that are gone, unless their numbers were noted anew since `moment`. */
    forget: db.transaction((inodes: readonly string[], moment: number): void => {
      for (const inode of inodes) forget.run(inode, moment)
    }),
    /** Whether any file at all is known to be from outside. */
    anyOutside: (): boolean => outside.get() !== undefined,
  }

  function record(files: readonly FileFact[], { origin, labels }: Written, now: number): void {
    const text = JSON.stringify(labels)
    for (const { inode, birth, changed, path } of files)
      put.run(inode, birth, changed, path, origin, text, now)
  }
}

/** Nanoseconds since 1970 as the ledger writes times. */
export const secondsOf = (ns: bigint): string =>
  `${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, '0')}`

/** Whether the state of a file may come from a writing. */
export const mayBeOf = ({ since, until }: Pick<Writing, 'since' | 'until'>, { changed }: FileFact): boolean =>
  since < changed && (until === null || changed <= until)

const parse = (labels: string): string[] => JSON.parse(labels) as string[]

const sameBirth = (a: string, b: string): boolean => a === b || Number(a) === 0 || Number(b) === 0
