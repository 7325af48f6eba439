// Keeps a conversation's prompt small: sums up its older part when it has grown, or when asked.
import type { Clearance } from '../../access/clearance.ts'
import { type Segment, segmentsOf, summarize } from '../../agent/compact.ts'
import type { NameOf } from '../../agent/history.ts'
import type { StreamModel } from '../../agent/model.ts'
import { sizeOf, type WindowLimits, windowStart } from '../../agent/window.ts'
import type { Log } from '../../log.ts'
import type { Entry, NewEntry } from '../../store/entry.ts'
import type { Session } from '../../store/sessions.ts'
import type { Store } from '../../store/store.ts'
import type { Usage } from '../../store/turns.ts'

export interface CompactionOptions {
  readonly store: Store
  /** The stream of one model’s calls that belong to a trace. */
  readonly stream: (trace: string, model: string) => StreamModel
  /** US dollars. */
  readonly cost: (model: string, usage: Usage) => number
  /** Models that may write a summary: the cheap one for side work first, then what else may do it. */
  readonly models: () => readonly string[]
  /** Tokens that the model of a session takes. */
  readonly contextOf: (session: Session) => number
  readonly nameOf: NameOf
  readonly log: Log
  readonly now: () => number
}

export interface Compactor {
  /** Whether a prompt with these entries has outgrown its limit, for a model that takes `context` tokens. */
  isDue(entries: readonly Entry[], context: number): boolean
  /** Sums up all but the newest part; false when there was nothing to sum up or no summary could be had. */
  compact(clearance: Clearance, session: string, trace: string, signal: AbortSignal): Promise<boolean>
}

/** Tokens of history: more than `most` is summed up until `keep` are left; of a small model’s context, no more than these shares. */
const limitsIn = (context: number): WindowLimits => ({
  most: Math.min(40_000, context * 0.4),
  keep: Math.min(12_000, context * 0.12),
})
/** Past this many times the limit, the oldest part leaves even without a summary: it stays searchable. */
const hardFactor = 2

export function openCompactor(options: CompactionOptions): Compactor {
  const { store, now } = options

  const historyOf = (clearance: Clearance, id: string) => {
    const session = store.sessions.get(id)
    return (
      session && {
        session,
        entries: store.transcript.view(clearance).entries(id, session.epoch, session.windowFrom),
      }
    )
  }

  return {
    isDue: (entries, context) => sizeOf(entries) > limitsIn(context).most,
    async compact(clearance, id, trace, signal) {
      const found = historyOf(clearance, id)
      if (!found) return false
      const { session, entries } = found
      const limits = limitsIn(options.contextOf(session))
      const open = new Set(store.turns.open().map(turn => turn.id))
      const pinned = entries.find(entry => entry.turn !== null && open.has(entry.turn))?.id
      const from = windowStart(entries, limits.keep, pinned)
      if (from === null) return false
      const leaving = entries.filter(entry => entry.id < from || entry.role === 'summary')
      const summaries: NewEntry[] = []
      // What will disappear must not live on in a summary.
      const fleeting = store.expiring.among(leaving.map(entry => entry.id))
      const spent = (usage: Usage, model: string) => {
        const { person, acts: level } = clearance
        const usd = options.cost(model, usage)
        store.turns.record('compaction', { ...usage, person, level, job: 'compaction', model, usd }, now())
      }
      const written = async (segment: Segment): Promise<NewEntry | null> => {
        for (const model of options.models()) {
          const summary = await summarize(segment, options.stream(trace, model), model, spent, signal)
          if (summary || signal.aborted) return summary
        }
        return null
      }
      const lasting = leaving.filter(entry => !fleeting.has(entry.id))
      for (const segment of segmentsOf(lasting, options.nameOf)) {
        const summary = await written(segment)
        if (!summary && sizeOf(entries) < limits.most * hardFactor) {
          options.log.warn(
            { session: id, trace },
            'the older part of a conversation could not be summed up; it stays for now',
          )
          return false
        }
        if (summary) summaries.push(summary)
      }
      // What this clearance does not cover stays where it is, until somebody who may read it lets it be summed up.
      const hidden = store.transcript.view(clearance).hidden(id, session.epoch, session.windowFrom, from)
      const folded = leaving.filter(
        entry => hidden !== null && entry.id >= hidden && entry.role !== 'summary',
      )
      store.compact(
        { session: id, epoch: session.epoch, turn: null, trace },
        hidden ?? from,
        summaries,
        leaving.flatMap(entry => (entry.role === 'summary' ? [entry.id] : [])),
        folded.map(entry => entry.id),
        now(),
      )
      options.log.info({ session: id, trace, left: leaving.length, summaries: summaries.length }, 'summed up')
      return true
    },
  }
}
