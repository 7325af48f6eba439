// Lets memory and the store do their upkeep when nobody waits: words at once, facts when it is quiet, tidying now and then.
import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises'
import { reissueAmongSame } from '../../access/clear.ts'
import type { Household } from '../../access/household.ts'
import type { Settings } from '../../config/schema.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { CaptureSource } from '../../memory/capture.ts'
import type { Memory } from '../../memory/memory.ts'
import type { RetentionRules } from '../../memory/retention.ts'
import { tendVectors, upkeep } from '../../memory/upkeep.ts'
import { momentOfAge } from '../../store/age.ts'
import { authorName } from '../said.ts'
import { type CompletionOptions, openCompletion } from './memory-completion.ts'

export interface RememberOptions extends CompletionOptions {
  readonly memory: Memory
  readonly household: () => Household
  readonly settings: () => Settings
  /** Whether a turn is running. */
  readonly busy: () => boolean
  readonly log: Log
}

export interface Remember extends AsyncDisposable {
  /** Something was said. */
  nudge(): void
  /** Resolves once what was said is remembered, word for word; if that takes long, before it is. */
  caughtUp(): Promise<unknown>
  /** Runs `job` while nothing is being remembered. */
  quietly(job: () => void): Promise<void>
}

const wordsAfterMs = 1_500
/** How long words wait at most while the conversations do not stop. */
const wordsWithinMs = 20_000
/** How long somebody waits at most for what was said to be remembered. */
const caughtUpMs = 2_000
const factsAfterMs = 5 * 60_000
/** After a start: what a new embedding model has to read anew need not wait until somebody speaks. */
const vectorsAfterMs = 2_000
const tidyEveryMs = 6 * 3_600_000
/** When a turn was running: later, and long before the next time. */
const busyAgainMs = 60_000
/** Rows of coop.db that one commit lets go. */
const slice = 200

export function openRemember(options: RememberOptions): Remember {
  const { store, memory, log } = options
  const completion = openCompletion(options)
  const stop = new AbortController()
  let words: NodeJS.Timeout | undefined
  let waitingSince: number | undefined
  let facts: NodeJS.Timeout | undefined
  let again: NodeJS.Timeout | undefined
  let tidyDue = false
  let work: Promise<void> = Promise.resolve()
  const tidying = setInterval(() => queue(true, true), tidyEveryMs).unref()
  const first = setTimeout(() => queue(false, true), factsAfterMs).unref()
  let embedding: Promise<void> | undefined
  const vectors = memory.vectors && setTimeout(embed, vectorsAfterMs).unref()

  const source: CaptureSource = {
    turnsAfter: (position, limit) =>
      store.spoken.turnsAfter(position, limit).map(({ position: at, session, grant, said }) => ({
        position: at,
        session,
        clearance: reissueAmongSame(grant, options.household()),
        said: said.map(({ id, author, ...rest }) => ({
          ...rest,
          entry: id,
          author: known(author),
          name: nameOf(author),
        })),
      })),
  }
  const known = (author: string | null) => (author?.startsWith('~') ? null : author)
  const nameOf = (author: string | null): string =>
    author === null ? options.settings().agent.id : authorName(author, options.household())

  /** One run after another; a failure waits for the next nudge. */
  function queue(withModel: boolean, withTidying: boolean): void {
    work = work.then(async () => {
      const { capture, retention } = options.settings().memory
      const moment = withTidying ? momentNow() : null
      if (moment !== null) await trim(moment)
      if (stop.signal.aborted) return
      if (withModel && options.busy()) return putOff(withTidying)
      try {
        await upkeep(memory, {
          source: capture.enabled ? source : null,
          complete: withModel ? completion() : null,
          retention: moment !== null && retention.enabled ? rulesOf(retention, moment) : null,
          signal: stop.signal,
        })
      } catch (error) {
        if (!stop.signal.aborted)
          log.warn({ err: { message: messageOf(error) } }, 'memory upkeep was put off')
      }
      embed()
    })
  }

  function takeWords(): void {
    clearTimeout(words)
    words = undefined
    waitingSince = undefined
    queue(false, false)
  }

  function putOff(withTidying: boolean): void {
    tidyDue ||= withTidying
    again ??= setTimeout(() => {
      again = undefined
      queue(true, tidyDue)
      tidyDue = false
    }, busyAgainMs).unref()
  }

  /** Beside everything else, one run at a time. */
  function embed(): void {
    if (stop.signal.aborted) return
    embedding ??= tendVectors(memory, stop.signal)
      .then(() => {})
      .finally(() => {
        embedding = undefined
      })
  }

  /** Null where that cannot be known: then nothing is tidied. */
  function momentNow(): number | null {
    try {
      return momentOfAge(store.settings, options.now())
    } catch (error) {
      log.warn({ err: { message: messageOf(error) } }, 'tidying was put off')
      return null
    }
  }

  async function trim(moment: number): Promise<void> {
    try {
      while (!stop.signal.aborted && store.trim(moment, slice) === slice) await breathe()
    } catch (error) {
      log.warn({ err: { message: messageOf(error) } }, 'old rows of coop.db were not let go')
    }
  }

  return {
    nudge() {
      waitingSince ??= performance.now()
      if (words && performance.now() - waitingSince < wordsWithinMs) words.refresh()
      words ??= setTimeout(takeWords, wordsAfterMs).unref()
      if (facts) facts.refresh()
      else facts = setTimeout(() => queue(true, false), factsAfterMs).unref()
    },
    caughtUp() {
      if (words) takeWords()
      return Promise.race([work, sleep(caughtUpMs, undefined, { ref: false })])
    },
    quietly(job) {
      const done = work.then(job)
      work = done.catch(() => {})
      return done
    },
    async [Symbol.asyncDispose]() {
      clearInterval(tidying)
      for (const timer of [first, words, facts, again, vectors ?? undefined]) clearTimeout(timer)
      stop.abort()
      await work
      await embedding
    },
  }
}

const rulesOf = (rules: Settings['memory']['retention'], now: number): RetentionRules => ({
  now,
  compressAfterDays: rules.compress_after_days,
  smallestCluster: rules.compression_min_cluster_size,
  archiveAfterDays: rules.archive_after_days,
  deleteArchiveAfterDays: rules.delete_archive_after_days,
  maxRows: rules.max_rows_per_run,
})
