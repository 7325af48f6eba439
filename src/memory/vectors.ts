// Meaning beside words: a vector table a shelf, filled in the background, asked with every search.
import { setImmediate as breathe } from 'node:timers/promises'
import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { addBits, addBitsOf, bitsFromRows, dropBits, fewestDimensions } from './bits.ts'
import type { Embed } from './embed.ts'
import type { Files, Shelf } from './files.ts'
import { bytesOf, embeddedTo, loadVectors } from './nearest.ts'
import { readNote, writeNote } from './note.ts'
import type { Ranked } from './rank.ts'
import type { Searcher } from './searcher.ts'
import { type ShelfId, type ShelfRef, tables } from './shelves.ts'

export interface Vectors {
  /** Rows nearest to a text, nearest first. Never throws: without an answer there are none. */
  nearest(refs: readonly ShelfRef[], text: string, signal?: AbortSignal): Promise<Ranked[]>
  /** How many rows of a shelf have a vector of the model in force; undefined where its store is not sent out. */
  count(ref: ShelfRef): number | undefined
  /** Embeds what has no vector yet. Resolves when everything has, or at the first failure. */
  tend(refs: readonly ShelfRef[], signal: AbortSignal): Promise<Progress>
}

export interface Progress {
  readonly embedded: number
  readonly left: number
  readonly error?: string
}

export interface VectorOptions {
  readonly files: Files
  readonly searcher: Searcher
  readonly embed: Embed
  /** Changes with provider, model or dimensions: everything is embedded anew. */
  readonly fingerprint: string
  /** Stores whose text may be sent out: social, shared, private, personal. */
  readonly stores: readonly string[]
  readonly log: Log
  /** How long a search waits for the question's vector. Default 1500. */
  readonly timeoutMs?: number
  readonly onProgress?: (progress: Progress) => void
  /** Vectors of a shelf from which they get bits. */
  readonly bitsFromRows?: number | undefined
}

const batch = 64
const mostNeighbours = 50

export function openVectors(options: VectorOptions): Vectors {
  const { files, searcher, embed, fingerprint, log } = options
  const sent = (ref: ShelfRef) => options.stores.includes(ref.owner === null ? ref.id : 'personal')

  /** A shelf that is sent out, if its vectors are of the model in force. */
  function current(ref: ShelfRef): { shelf: Shelf; dimensions: number | undefined } | undefined {
    if (!sent(ref)) return undefined
    const shelf = files.existing(ref)
    if (!shelf || readNote(shelf.db, `vectors:${ref.id}`) !== fingerprint) return undefined
    loadVectors(shelf.db)
    return { shelf, dimensions: Number(readNote(shelf.db, `dimensions:${ref.id}`)) || undefined }
  }

  /** The same, what another model made thrown away. For upkeep alone: who only searches may know less of the model. */
  function ready(ref: ShelfRef): { shelf: Shelf; dimensions: number | undefined } | undefined {
    const shelf = sent(ref) ? files.existing(ref) : undefined
    if (shelf && readNote(shelf.db, `vectors:${ref.id}`) !== fingerprint) {
      loadVectors(shelf.db)
      shelf.db.transaction(() => {
        shelf.db.exec(`DROP TABLE IF EXISTS ${shelf.tables.vec}; DELETE FROM ${shelf.tables.embedded}`)
        dropBits(shelf)
        writeNote(shelf.db, `vectors:${ref.id}`, fingerprint)
        writeNote(shelf.db, `dimensions:${ref.id}`, '')
        writeNote(shelf.db, embeddedTo(ref.id), '0')
      })()
    }
    return current(ref)
  }

  /** A large shelf of vectors gets its bits, a slice at a time. */
  async function bitsOf(ref: ShelfRef, signal: AbortSignal): Promise<void> {
    for (let more = true; more; await breathe()) {
      signal.throwIfAborted()
      const open = ready(ref)
      if (!open?.dimensions || open.dimensions < fewestDimensions) return
      if (rowsIn(open.shelf) < (options.bitsFromRows ?? bitsFromRows)) return
      more = addBits(open.shelf, open.dimensions)
    }
  }

  function report(progress: Progress): void {
    options.onProgress?.(progress)
    if (progress.error !== undefined) log.warn(progress, 'memories wait for the embedding provider')
    else if (progress.left === 0 || progress.embedded % (16 * batch) === 0)
      log.info(progress, 'memories embedded')
  }

  return {
    async nearest(refs, text, signal) {
      const open = () =>
        refs.flatMap(ref => current(ref) ?? []).filter(({ dimensions }) => dimensions !== undefined)
      if (open().length === 0) return []
      try {
        const timeout = AbortSignal.timeout(options.timeoutMs ?? 1_500)
        const [vector] = await embed(
          [text],
          'question',
          signal ? AbortSignal.any([signal, timeout]) : timeout,
        )
        if (!vector) return []
        const fitting = open().filter(({ dimensions }) => dimensions === vector.length)
        return await searcher.nearest(
          fitting.map(({ shelf }) => shelf.ref),
          vector,
          mostNeighbours,
        )
      } catch (error) {
        log.warn(
          { reason: messageOf(error) },
          'the embedding provider did not answer; searching by words alone',
        )
        return []
      }
    },

    count(ref) {
      if (!sent(ref)) return undefined
      const open = current(ref)
      return open ? rowsIn(open.shelf) : 0
    },

    async tend(refs, signal) {
      let embedded = 0
      const missing = refs.reduce((sum, ref) => sum + missingIn(ready(ref)?.shelf), 0)
      const left = () => Math.max(missing - embedded, 0)
      try {
        for (const ref of refs) {
          for (;;) {
            signal.throwIfAborted()
            const open = ready(ref)
            const rows = open ? unembedded(open.shelf) : []
            if (rows.length === 0) break
            const vectors = await embed(
              rows.map(row => row.text),
              'document',
              signal,
            )
            const now = ready(ref)
            if (!now) break
            embedded += store(now.shelf, rows, vectors)
            report({ embedded, left: left() })
          }
          await bitsOf(ref, signal)
        }
        return { embedded, left: left() }
      } catch (error) {
        const failed = { embedded, left: left(), error: messageOf(error) }
        if (!signal.aborted) report(failed)
        return failed
      }
    },
  }
}

interface Pending {
  readonly id: number
  readonly text: string
  readonly hash: Buffer
}

function unembedded(shelf: Shelf): Pending[] {
  const { mem } = shelf.tables
  return shelf
    .sql(
      `SELECT m.id, m.hash, coalesce(m.said_by || ': ', '') || coalesce(m.title || ': ', '') || m.body AS text
       FROM ${mem} m WHERE m.id > ? ORDER BY m.id LIMIT ?`,
    )
    .all(Number(readNote(shelf.db, embeddedTo(shelf.ref.id))), batch) as Pending[]
}

const rowsIn = ({ sql, tables }: Shelf): number =>
  (sql(`SELECT count(*) AS rows FROM ${tables.embedded}`).get() as { rows: number }).rows

function missingIn(shelf: Shelf | undefined): number {
  if (!shelf) return 0
  const { embedded, size } = shelf.tables
  const row = shelf.sql(`SELECT rows - (SELECT count(*) FROM ${embedded}) AS rows FROM ${size}`).get() as {
    rows: number
  }
  return Math.max(row.rows, 0)
}

/** Stores vectors of rows that are still there. */
function store(shelf: Shelf, rows: readonly Pending[], vectors: readonly Float32Array[]): number {
  const { mem, vec, embedded } = shelf.tables
  const dimensions = vectors[0]?.length ?? 0
  if (
    vectors.length !== rows.length ||
    dimensions === 0 ||
    vectors.some(vector => vector.length !== dimensions)
  ) {
    throw new Error('the embedding provider answered with other vectors than were asked for')
  }
  return shelf.db.transaction(() => {
    createTable(shelf, dimensions)
    let stored = 0
    for (const [index, { id, hash }] of rows.entries()) {
      if (!shelf.sql(`SELECT 1 FROM ${mem} WHERE id = ? AND hash = ?`).get(id, hash)) continue
      shelf.sql(`INSERT INTO ${vec} (id, e) VALUES (?, ?)`).run(BigInt(id), bytesOf(vectors[index]!))
      shelf.sql(`INSERT INTO ${embedded} VALUES (?, ?)`).run(id, hash)
      addBitsOf(shelf, id)
      stored++
    }
    writeNote(shelf.db, embeddedTo(shelf.ref.id), String(rows.at(-1)!.id))
    return stored
  })()
}

function createTable(shelf: Shelf, dimensions: number): void {
  const known = readNote(shelf.db, `dimensions:${shelf.ref.id}`)
  if (known === String(dimensions)) return
  if (known) throw new Error(`the embedding provider changed its dimensions from ${known} to ${dimensions}`)
  shelf.db.exec(
    `CREATE VIRTUAL TABLE ${tableName(shelf.ref.id)} USING vec0(id INTEGER PRIMARY KEY, e float[${dimensions}] distance_metric=cosine)`,
  )
  writeNote(shelf.db, `dimensions:${shelf.ref.id}`, String(dimensions))
}

const tableName = (id: ShelfId): string => tables[id].vec
