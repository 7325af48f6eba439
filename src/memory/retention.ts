// Upkeep in slices: summaries beside old turns, what has ended put away, old archives deleted. Never by age alone.
import { setImmediate as breathe } from 'node:timers/promises'
import { putAway } from './archive.ts'
import type { Complete } from './facts.ts'
import type { Row } from './row.ts'
import type { Room } from './scope.ts'
import type { ShelfRef } from './shelves.ts'
import { summariseNext } from './summarise.ts'
import { tighten } from './tighten.ts'
import { removeRow } from './write.ts'

export interface RetentionRules {
  readonly compressAfterDays: number
  readonly smallestCluster: number
  readonly archiveAfterDays: number
  readonly deleteArchiveAfterDays: number
  readonly maxRows: number
  /** The moment by which things are old; by memory’s own clock if absent. */
  readonly now?: number
}

export interface RetentionReport {
  readonly summarised: number
  readonly archived: number
  readonly deleted: number
  /** There was more than one run may touch. */
  readonly more: boolean
}

const dayMs = 86_400_000
const batch = 20
/** Of a text index, in one step: a few milliseconds. */
const mergedPages = 32

/** One run over the shelves given. Each step is one commit; a crash between two loses nothing. */
export async function tidy(
  memory: Room,
  refs: readonly ShelfRef[],
  rules: RetentionRules,
  complete: Complete | null,
  signal: AbortSignal,
): Promise<RetentionReport> {
  const { now } = rules
  const room = now === undefined ? memory : { ...memory, now: () => now }
  const report = { summarised: 0, archived: 0, deleted: 0 }
  noteUse(room)
  let budget = rules.maxRows
  for (const ref of refs) {
    while (budget > 0) {
      await breathe()
      signal.throwIfAborted()
      const count = archiveSome(room, ref, rules, Math.min(batch, budget))
      if (count === 0) break
      report.archived += count
      budget -= count
    }
    while (budget > 0) {
      await breathe()
      signal.throwIfAborted()
      const count = deleteSome(room, ref, rules, Math.min(batch, budget))
      if (count === 0) break
      report.deleted += count
      budget -= count
    }
    while (complete && budget > 0) {
      signal.throwIfAborted()
      const { passed, covered } = await summariseNext(room, ref, rules, complete, signal)
      if (passed === 0) break
      report.summarised += covered
      budget -= passed
    }
    for (let more = true; more; ) {
      await breathe()
      signal.throwIfAborted()
      const shelf = room.files.existing(ref)
      more = shelf !== undefined && tighten(shelf, mergedPages)
    }
  }
  return { ...report, more: budget <= 0 }
}

/** Writes down which rows were used, so that what is in use is not put away. */
function noteUse(room: Room): void {
  const now = room.now()
  const groups = Map.groupBy(room.used, ([, ref]) => `${ref.owner ?? ''}/${ref.id}`)
  room.used.clear()
  for (const group of groups.values()) {
    const shelf = room.files.existing(group[0]![1])
    shelf?.db.transaction(() => {
      const mark = shelf.sql(`UPDATE ${shelf.tables.mem} SET used_at = ? WHERE uid = ?`)
      for (const [uid] of group) mark.run(now, uid)
    })()
  }
}

/** Puts away what has ended and was not used since. */
function archiveSome(room: Room, ref: ShelfRef, rules: RetentionRules, limit: number): number {
  const shelf = room.files.existing(ref)
  if (!shelf) return 0
  const now = room.now()
  const before = now - rules.archiveAfterDays * dayMs
  return shelf.db.transaction(() => {
    const rows = shelf
      .sql(
        `SELECT * FROM ${shelf.tables.mem} WHERE valid_to IS NOT NULL AND valid_to < ? AND pinned = 0
           AND coalesce(used_at, 0) < ? ORDER BY valid_to LIMIT ?`,
      )
      .all(before, before, limit) as Row[]
    for (const row of rows) {
      putAway(shelf, row, now)
      removeRow(shelf, row)
    }
    return rows.length
  })()
}

function deleteSome(room: Room, ref: ShelfRef, rules: RetentionRules, limit: number): number {
  const shelf = room.files.existing(ref)
  if (!shelf) return 0
  const { archive } = shelf.tables
  return shelf
    .sql(
      `DELETE FROM ${archive} WHERE uid IN (SELECT uid FROM ${archive} WHERE archived_at < ? ORDER BY archived_at LIMIT ?)`,
    )
    .run(room.now() - rules.deleteArchiveAfterDays * dayMs, limit).changes
}
