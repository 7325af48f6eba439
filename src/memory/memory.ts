// Memory: opens its files, hands out views, and does its own upkeep when nobody waits.
import type { Clearance } from '../access/clearance.ts'
import { type Log, silentLog } from '../log.ts'
import type { Db } from '../store/database.ts'
import { type Embed, type EmbedSettings, openEmbed } from './embed.ts'
import { openFiles } from './files.ts'
import { mendIndexes } from './mend.ts'
import { loadVectorsIfUsed } from './nearest.ts'
import { type Room, randomUid } from './scope.ts'
import { openSearcher } from './searcher.ts'
import { openVectors, type Progress, type Vectors } from './vectors.ts'
import { type MemoryView, openView } from './view.ts'

export interface MemoryOptions {
  /** Where memory.db is; personal files are in `personal/` beside it. */
  readonly path: string
  /** The folder that holds the `memory/` and `personal/` migrations. */
  readonly migrations: string
  readonly now?: () => number
  readonly log?: Log
  readonly uid?: () => string
  /** Absent: search by words alone. */
  readonly embedding?: EmbedSettings & { readonly stores: readonly string[]; readonly embed?: Embed }
  readonly onProgress?: (progress: Progress) => void
  /** Told when an index was damaged and built anew from its rows. */
  readonly onNotice?: (notice: string) => void
  /** Readable rows from which a search runs in a worker thread. */
  readonly workerRows?: number
  /** Vectors of a shelf from which they get bits for a first look. */
  readonly bitsFromRows?: number
}

export interface Memory extends Disposable {
  /** What `clearance` may see and do. Throws unless the access room issued it. */
  open(clearance: Clearance): MemoryView
  /** For upkeep inside this room and its wiring; it opens nothing to anybody. */
  readonly room: Room
  readonly vectors: Vectors | null
}

export function openMemory(options: MemoryOptions): Memory {
  const now = options.now ?? Date.now
  const log = options.log ?? silentLog()
  const mend = (db: Db, owner: string | null, thorough: boolean): void => {
    for (const notice of mendIndexes(db, owner, thorough)) {
      log.warn(notice)
      options.onNotice?.(notice)
    }
  }
  const files = openFiles({
    path: options.path,
    migrations: options.migrations,
    now,
    onOpen(db, owner) {
      loadVectorsIfUsed(db)
      mend(db, owner, false)
    },
  })
  files.database(null)
  const mendFile = (owner: string | null) => mend(files.database(owner), owner, true)
  const searcher = openSearcher({
    files,
    setup: { path: options.path, migrations: options.migrations },
    mend: mendFile,
    threshold: options.workerRows,
  })
  const room: Room = {
    files,
    searcher,
    now,
    log,
    uid: options.uid ?? randomUid,
    mend: mendFile,
    used: new Map(),
  }
  const { embedding } = options
  const vectors = embedding
    ? openVectors({
        files,
        searcher,
        log,
        embed: embedding.embed ?? openEmbed(embedding),
        fingerprint: `${embedding.provider}/${embedding.model}/${embedding.dimensions ?? ''}`,
        stores: embedding.stores,
        bitsFromRows: options.bitsFromRows,
        ...(options.onProgress ? { onProgress: options.onProgress } : {}),
      })
    : null
  return {
    open: clearance => openView(room, vectors, clearance),
    room,
    vectors,
    [Symbol.dispose]() {
      searcher[Symbol.dispose]()
      files[Symbol.dispose]()
    },
  }
}
