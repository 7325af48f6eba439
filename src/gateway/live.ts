// Who is watching which session: stored events and the streamed ones between them, under each watcher's clearance.
import type { Clearance } from '../access/clearance.ts'
import type { SequencedEvent, SessionEvent } from '../protocol/events.ts'
import type { Entry } from '../store/entry.ts'
import { plainText } from '../store/entry.ts'

export interface Live {
  /** Stored entries, just committed. */
  entries(entries: readonly Entry[]): void
  /** A passing event, made from what `labels` name. */
  event(session: string, event: SessionEvent, labels: readonly string[]): void
  /** Calls `listener` for each event that `clearance` covers at that moment, until disposed; null covers nothing. */
  watch(
    session: string,
    clearance: () => Clearance | null,
    listener: (event: SequencedEvent) => void,
  ): Disposable
  watched(session: string): boolean
}

interface Watcher {
  readonly clearance: () => Clearance | null
  readonly listener: (event: SequencedEvent) => void
}

export function openLive(): Live {
  const watchers = new Map<string, Set<Watcher>>()
  const last = new Map<string, number>()

  function tell(session: string, seq: number, event: SessionEvent, labels: readonly string[]): void {
    for (const watcher of watchers.get(session) ?? []) {
      if (watcher.clearance()?.covers(labels)) watcher.listener({ session, seq, event })
    }
  }

  return {
    entries(entries) {
      for (const entry of entries) {
        if (!watchers.has(entry.session)) continue
        last.set(entry.session, entry.id)
        const event = eventOf(entry)
        if (event) tell(entry.session, entry.id, event, entry.labels)
      }
    },
    event: (session, event, labels) => tell(session, last.get(session) ?? 0, event, labels),
    watch(session, clearance, listener) {
      const watcher = { clearance, listener }
      const all = watchers.get(session) ?? new Set()
      watchers.set(session, all.add(watcher))
      return {
        [Symbol.dispose]: () => {
          all.delete(watcher)
          if (all.size === 0) {
            watchers.delete(session)
            last.delete(session)
          }
        },
      }
    },
    watched: session => watchers.has(session),
  }
}

/** The event that shows a stored entry; null for what is not shown. */
export function eventOf(entry: Entry): SessionEvent | null {
  const text = plainText(entry.blocks)
  if (entry.role === 'user' || entry.role === 'heard')
    return { type: 'user', text, author: entry.author, at: entry.at }
  if (entry.role === 'notice') return { type: 'notice', text, at: entry.at }
  if (entry.role === 'assistant') {
    const final = !entry.blocks.some(block => block.type === 'tool_call')
    return text.trim() ? { type: 'message', turn: entry.turn, text, at: entry.at, final } : null
  }
  if (entry.role !== 'tool') return null
  const result = entry.blocks.find(block => block.type === 'tool_result')
  if (!result) return null
  return {
    type: 'tool',
    turn: entry.turn ?? '',
    call: entry.callId ?? '',
    name: result.name,
    state: 'done',
    detail: result.text.slice(0, 400),
    ...(result.isError ? { isError: true } : {}),
  }
}
