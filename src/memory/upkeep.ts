// What memory does when nobody waits: capture, tidying and closing what is idle in one call, vectors in another.
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type CaptureReport, type CaptureSource, capture } from './capture.ts'
import type { Complete } from './facts.ts'
import type { Memory } from './memory.ts'
import { isDamage } from './mend.ts'
import { type RetentionReport, type RetentionRules, tidy } from './retention.ts'
import type { Room } from './scope.ts'
import { commonShelves, personalShelves, type ShelfRef } from './shelves.ts'
import type { Progress } from './vectors.ts'

export interface UpkeepOptions {
  /** Null: conversations are not remembered by themselves. */
  readonly source: CaptureSource | null
  /** The cheap model. Null: no facts and no summaries. */
  readonly complete: Complete | null
  /** Null: nothing is tidied in this run. */
  readonly retention: RetentionRules | null
  readonly signal: AbortSignal
}

export interface UpkeepReport {
  readonly capture: CaptureReport | null
  readonly retention: RetentionReport | null
}

const idleMs = 60_000

/** In this order, one after another; `signal` ends it between two steps, each of which is whole. */
export async function upkeep(memory: Memory, options: UpkeepOptions): Promise<UpkeepReport> {
  const { room } = memory
  const { source, complete, retention, signal } = options
  try {
    const captured = source ? await capture(room, source, complete, signal) : null
    const tidied = retention ? await tidy(room, allShelves(room), retention, complete, signal) : null
    return { capture: captured, retention: tidied }
  } catch (error) {
    // The next run goes on where this one stopped.
    if (isDamage(error)) for (const owner of new Set(allShelves(room).map(ref => ref.owner))) room.mend(owner)
    throw error
  } finally {
    room.files.closeIdle(room.now() - idleMs)
  }
}

/** Embeds what has no vector yet; null without an embedding model. Apart from the rest: a provider may be slow. */
export async function tendVectors({ room, vectors }: Memory, signal: AbortSignal): Promise<Progress | null> {
  return vectors ? await vectors.tend(allShelves(room), signal) : null
}

/** Every shelf there is a file for. For upkeep alone: it shows nothing to anybody. */
export function allShelves(room: Room): ShelfRef[] {
  const folder = join(dirname(room.files.pathOf(null)), 'personal')
  const owners = existsSync(folder)
    ? readdirSync(folder).flatMap(name => /^([a-z0-9_-]+)\.db$/.exec(name)?.[1] ?? [])
    : []
  return [
    ...commonShelves.map(id => ({ id, owner: null })),
    ...owners.sort().flatMap(owner => personalShelves.map(id => ({ id, owner }))),
  ]
}
