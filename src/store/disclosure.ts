// The ledger of what entered a model request, and who could read the reply.
import type { Db } from './database.ts'

export interface Disclosed {
  readonly kind: 'memory' | 'file'
  /** A memory's id or a file's path. */
  readonly ref: string
  readonly labels: readonly string[]
}

export interface DisclosureRow extends Disclosed {
  readonly session: string
  readonly turn: string
  /** Person ids who could read the reply. */
  readonly audience: readonly string[]
  readonly at: number
}

export interface DisclosureList {
  /** Newest first, without what is in another person's personal compartment. */
  readonly rows: readonly DisclosureRow[]
  /** How many of those were left out, by person. */
  readonly hidden: Readonly<Record<string, number>>
}

export interface DisclosureQuery {
  /** Who asks: their own personal rows are shown, others' only counted. */
  readonly viewer: string | null
  /** Only what this person could read. */
  readonly person?: string
  readonly turn?: string
  readonly from?: number
  readonly to?: number
  readonly limit?: number
}

export type Disclosures = ReturnType<typeof openDisclosures>

export function openDisclosures(db: Db) {
  const insert = db.prepare(
    `INSERT INTO disclosure (session, turn, kind, ref, labels, audience, at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (turn, kind, ref) DO NOTHING`,
  )
  const select = db.prepare<
    unknown[],
    Record<'session' | 'turn' | 'kind' | 'ref' | 'labels' | 'audience', string> & { at: number }
  >(
    `SELECT session, turn, kind, ref, labels, audience, at FROM disclosure
     WHERE at >= ? AND at < ? AND (? IS NULL OR turn = ?)
       AND (? IS NULL OR EXISTS (SELECT 1 FROM json_each(audience) WHERE value = ?))
     ORDER BY at DESC, id DESC`,
  )
  const remove = db.prepare<[string]>("DELETE FROM disclosure WHERE kind = 'memory' AND ref = ?")

  return {
    /** One commit, or part of the one that is open: what a turn was given. The same again is the same row. */
    record: db.transaction(
      (
        turn: { session: string; turn: string; audience: readonly string[] },
        given: readonly Disclosed[],
        now: number,
      ): void => {
        const audience = JSON.stringify([...turn.audience].sort())
        for (const { kind, ref, labels } of given) {
          insert.run(turn.session, turn.turn, kind, ref, JSON.stringify(labels), audience, now)
        }
      },
    ),
    list(query: DisclosureQuery): DisclosureList {
      const {
        viewer,
        person = null,
        turn = null,
        from = 0,
        to = Number.MAX_SAFE_INTEGER,
        limit = 100,
      } = query
      const rows: DisclosureRow[] = []
      const hidden: Record<string, number> = {}
      for (const row of select.iterate(from, to, turn, turn, person, person)) {
        const labels = JSON.parse(row.labels) as string[]
        const owner = labels.find(label => label.startsWith('personal:'))?.slice('personal:'.length)
        if (owner !== undefined && owner !== viewer) hidden[owner] = (hidden[owner] ?? 0) + 1
        else if (rows.length < limit) {
          const { kind, ...rest } = row
          rows.push({
            ...rest,
            kind: kind as Disclosed['kind'],
            labels,
            audience: JSON.parse(row.audience) as string[],
          })
        }
      }
      return { rows, hidden }
    },
    /** A memory that was forgotten leaves no trace here either. */
    forget: (ref: string): void => void remove.run(ref),
  }
}
