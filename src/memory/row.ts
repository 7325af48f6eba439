// A memory as it is stored, and as it is shown.
import type { StoreName } from './shelves.ts'

export type Kind = 'turn' | 'fact' | 'summary'

/** Where a row came from. `tool`: text from outside, or derived from it. */
export type RowOrigin = 'said' | 'tool' | 'inferred' | 'imported'

export interface Row {
  readonly id: number
  readonly uid: string
  readonly key: string | null
  readonly kind: Kind
  readonly title: string | null
  readonly body: string
  readonly norm: string
  readonly near: string
  readonly meta: string
  readonly len: number
  readonly said_by: string | null
  readonly author: string | null
  readonly people: string
  readonly session: string | null
  readonly seq: number | null
  readonly pos: number | null
  readonly at: number
  readonly event_from: number | null
  readonly event_to: number | null
  readonly event_precision: string | null
  readonly valid_from: number | null
  readonly valid_to: number | null
  readonly superseded_by: string | null
  readonly recorded_at: number
  readonly confirmed_at: number | null
  readonly confirmations: number
  readonly used_at: number | null
  readonly pinned: number
  readonly origin: RowOrigin
  readonly origin_trust: string
  readonly hash: Buffer
  readonly ref: string | null
  readonly entry: number | null
  readonly asks: number
  readonly tells_time: number
  readonly tells_number: number
}

/** What people, models and commands see of a row: no row ids, no scores. */
export interface Memo {
  readonly id: string
  readonly ref: string | null
  readonly store: StoreName
  readonly kind: Kind
  readonly title: string | null
  readonly text: string
  readonly saidBy: string | null
  readonly people: readonly string[]
  readonly session: string | null
  readonly seq: number | null
  /** When it was said, milliseconds since 1970. */
  readonly at: number
  /** When it happened, if the text says so. */
  readonly event: { readonly from: number; readonly to: number; readonly precision: string } | null
  /** No longer true, or replaced. */
  readonly ended: boolean
  /** From when on it was true; of a turn, when it was said. */
  readonly since: number
  /** Until when it was true; null while it is. */
  readonly until: number | null
  /** The id of the memory that came in its place. */
  readonly replacedBy: string | null
  readonly pinned: boolean
  /** Text from outside: to be shown as a quote. */
  readonly quoted: boolean
}

/** A row as views show it. */
export function memoOf(row: Row, store: StoreName): Memo {
  return {
    id: row.uid,
    ref: row.ref,
    store,
    kind: row.kind,
    title: row.title,
    text: row.body,
    saidBy: row.said_by,
    people: JSON.parse(row.people) as string[],
    session: row.session,
    seq: row.seq,
    at: row.at,
    event:
      row.event_from === null || row.event_to === null
        ? null
        : { from: row.event_from, to: row.event_to, precision: row.event_precision ?? 'day' },
    ended: row.superseded_by !== null || row.valid_to !== null,
    since: row.valid_from ?? row.at,
    until: row.valid_to,
    replacedBy: row.superseded_by,
    pinned: row.pinned === 1,
    quoted: row.origin === 'tool' || row.origin_trust === 'outside' || row.origin_trust === 'derived',
  }
}
