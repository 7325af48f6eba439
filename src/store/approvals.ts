// Questions that a turn waits for: bound to one call's arguments, one use, and "no" after a while.
import { createHash, randomInt } from 'node:crypto'
import type { Db } from './database.ts'

export interface Approval {
  readonly id: string
  readonly turn: string
  readonly session: string
  readonly callId: string
  readonly tool: string
  readonly argsHash: string
  /** What is asked, with its consequence, as the person reads it. */
  readonly question: string
  /** The person who is asked. */
  readonly asked: string
  readonly needs: string
  readonly state: 'open' | 'approved' | 'denied' | 'expired' | 'used'
  readonly answeredBy: string | null
  readonly createdAt: number
  readonly expiresAt: number
}

const columns = `id, turn, session, call_id AS callId, tool, args_hash AS argsHash, question, asked, needs, state,
  answered_by AS answeredBy, created_at AS createdAt, expires_at AS expiresAt`

export type Approvals = ReturnType<typeof openApprovals>

export function openApprovals(db: Db) {
  const insert = db.prepare(
    `INSERT INTO approval (id, turn, session, call_id, tool, args_hash, question, asked, needs, state, created_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?)`,
  )
  const get = db.prepare<[string], Approval>(`SELECT ${columns} FROM approval WHERE id = ?`)
  const ofCall = db.prepare<[string, string], Approval>(
    `SELECT ${columns} FROM approval WHERE turn = ? AND call_id = ?`,
  )
  const open = db.prepare<[], Approval>(
    `SELECT ${columns} FROM approval WHERE state = 'open' ORDER BY created_at`,
  )
  const openOf = db.prepare<[string]>("SELECT 1 FROM approval WHERE turn = ? AND state = 'open'")
  const answer = db.prepare<[string, string | null, string]>(
    "UPDATE approval SET state = ?, answered_by = ? WHERE id = ? AND state = 'open'",
  )
  const use = db.prepare<[string]>("UPDATE approval SET state = 'used' WHERE id = ? AND state = 'approved'")
  const shorten = db.prepare<[number, number]>(
    "UPDATE approval SET expires_at = ? WHERE state = 'open' AND expires_at > ?",
  )
  const due = db.prepare<[number], Approval>(
    `SELECT ${columns} FROM approval WHERE state = 'open' AND expires_at <= ?`,
  )

  return {
    /** Asks once a call; asking again returns what was asked. */
    ask(question: Omit<Approval, 'id' | 'state' | 'answeredBy'>): Approval {
      const known = ofCall.get(question.turn, question.callId)
      if (known) return known
      const id = freeCode(code => get.get(code) !== undefined)
      const { turn, session, callId, tool, argsHash, asked, needs, createdAt, expiresAt } = question
      insert.run(
        id,
        turn,
        session,
        callId,
        tool,
        argsHash,
        question.question,
        asked,
        needs,
        createdAt,
        expiresAt,
      )
      return get.get(id)!
    },
    get: (id: string): Approval | undefined => get.get(id),
    ofCall: (turn: string, callId: string): Approval | undefined => ofCall.get(turn, callId),
    open: (): Approval[] => open.all(),
    /** Whether a turn still waits for somebody. */
    openOf: (turn: string): boolean => openOf.get(turn) !== undefined,
    /** False when it was answered before. */
    answer: (id: string, state: 'approved' | 'denied' | 'expired', by: string | null): boolean =>
      answer.run(state, by, id).changes === 1,
    /** Spends an approval; false when it was spent or never given. */
    use: (id: string): boolean => use.run(id).changes === 1,
    /** No open question is open for longer than until `latest`. */
    shorten: (latest: number): void => void shorten.run(latest, latest),
    due: (now: number): Approval[] => due.all(now),
  }
}

/** A hash that binds an approval to exactly these arguments. */
export const hashArguments = (input: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(input)))
    .digest('hex')

const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** A short code without look-alikes that is not `taken`. */
export function freeCode(taken: (code: string) => boolean, length = 6): string {
  for (;;) {
    const code = Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
    if (!taken(code)) return code
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}
