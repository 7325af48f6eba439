// Lets go of the ledger of due times and of counts of days past, once nobody asks for them any more.
import type { Db } from './database.ts'

export type Trim = ReturnType<typeof openTrim>

const dayMs = 86_400_000
/** How long it can be asked what became of a due time. */
const ledgerDays = 365
const countDays = 7

/**
 * What people said and set stays: the transcript, spending, disclosures, and every configuration there was. Where a
 * file's text came from goes with the file, which the box sees to.
 */
export function openTrim(db: Db) {
  const jobs = db
    .prepare<[], string>(
      `WITH RECURSIVE known (job) AS (
         SELECT min(job) FROM run
         UNION ALL SELECT (SELECT min(job) FROM run WHERE job > known.job) FROM known WHERE job IS NOT NULL
       ) SELECT job FROM known WHERE job IS NOT NULL`,
    )
    .pluck()
  // What is told nobody yet waits for the morning.
  const runs = db.prepare<{ job: string; before: number; most: number }>(
    `DELETE FROM run WHERE id IN (
       SELECT id FROM run WHERE job = :job AND due < :before AND last < :before
       AND (state IN ('delivered', 'silent') OR (state IN ('failed', 'missed') AND told = 1)) LIMIT :most)`,
  )
  const overJobs = db.prepare<[number, number]>(
    `DELETE FROM job WHERE id IN (
       SELECT id FROM job WHERE state <> 'active' AND created_at < ?
       AND NOT EXISTS (SELECT 1 FROM run WHERE run.job = job.id) LIMIT ?)`,
  )
  const counts = db.prepare<[number, number]>(
    `DELETE FROM setting WHERE scope = 'gateway' AND name IN (
       SELECT name FROM setting WHERE scope = 'gateway' AND name >= 'public:' AND name < 'public;' AND at < ? LIMIT ?)`,
  )

  /** One commit of at most `most` rows; how many went. */
  return db.transaction((now: number, most: number): number => {
    const before = now - ledgerDays * dayMs
    let left = most
    for (const job of jobs.all()) if (left > 0) left -= runs.run({ job, before, most: left }).changes
    if (left > 0) left -= overJobs.run(before, left).changes
    if (left > 0) left -= counts.run(now - countDays * dayMs, left).changes
    return most - left
  })
}
