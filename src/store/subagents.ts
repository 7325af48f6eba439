// Subagents: sent off once a call, each ended once; their words are entries of their own sessions.
import type { Grant } from '../access/clearance.ts'
import { freeCode } from './approvals.ts'
import type { Db } from './database.ts'
import type { Origin } from './entry.ts'

export type SubagentState = 'running' | 'done' | 'failed' | 'stopped'

export interface Subagent {
  /** Short, typed by people. */
  readonly id: string
  /** The turn and the session that sent it off. */
  readonly turn: string
  readonly parent: string
  readonly person: string
  readonly depth: number
  readonly profile: string | null
  readonly model: string | null
  readonly steps: number
  /** Its answer is a message of its own; else its turn waits for it. */
  readonly background: boolean
  readonly grant: Grant
  readonly origin: Origin
  readonly inbox: number
  readonly state: SubagentState
  /** The entry that holds what it found. */
  readonly answer: number | null
  readonly reason: string | null
  /** Milliseconds since 1970. */
  readonly deadline: number
  readonly createdAt: number
}

export type NewSubagent = Omit<Subagent, 'id' | 'inbox' | 'state' | 'answer' | 'reason' | 'createdAt'>

interface Row extends Omit<Subagent, 'background' | 'grant'> {
  background: 0 | 1
  grant_json: string
}

const columns =
  'id, turn, parent, person, depth, profile, model, steps, background, grant_json, origin, inbox, state, answer, reason, deadline, created_at AS createdAt'

export type Subagents = ReturnType<typeof openSubagents>

export function openSubagents(db: Db) {
  const insert = db.prepare(
    `INSERT INTO subagent (id, call_id, turn, parent, person, depth, profile, model, steps, background, grant_json, origin, inbox, state, deadline, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', ?, ?)`,
  )
  const one = (where: string) =>
    db.prepare<[string | number], Row>(`SELECT ${columns} FROM subagent WHERE ${where}`)
  const byId = one('id = ?')
  const byCall = one('call_id = ?')
  // The newest first: it has no index, and is asked for while its work is new.
  const byInbox = one('inbox = ? ORDER BY rowid DESC LIMIT 1')
  const open = db.prepare<[], Row>(`SELECT ${columns} FROM subagent WHERE state = 'running' ORDER BY rowid`)
  const openOfParent = one("parent = ? AND state = 'running' ORDER BY rowid")
  const openOfTurn = db.prepare<[string], Row>(
    `SELECT ${columns} FROM subagent WHERE turn = ? AND state = 'running'`,
  )
  const awaited = db.prepare<[string]>(
    "SELECT 1 FROM subagent WHERE turn = ? AND state = 'running' AND background = 0",
  )
  const newest = db.prepare<[string, number], Row>(
    `SELECT ${columns} FROM subagent WHERE person = ? ORDER BY created_at DESC, rowid DESC LIMIT ?`,
  )
  const because = db.prepare<[string, string]>(
    "UPDATE subagent SET reason = ? WHERE id = ? AND state = 'running' AND reason IS NULL",
  )
  const end = db.prepare<[SubagentState, number | null, string | null, string]>(
    "UPDATE subagent SET state = ?, answer = ?, reason = coalesce(reason, ?) WHERE id = ? AND state = 'running'",
  )

  return {
    /** A code that no subagent has. */
    freeId: (): string => freeCode(code => byId.get(code) !== undefined),
    add(id: string, sent: NewSubagent, callId: string, inbox: number, now: number): void {
      const { turn, parent, person, depth, profile, model, steps, grant, origin, deadline } = sent
      const background = sent.background ? 1 : 0
      insert.run(
        ...[id, callId, turn, parent, person, depth, profile, model, steps, background],
        ...[JSON.stringify(grant), origin, inbox, deadline, now],
      )
    },
    get: (id: string): Subagent | undefined => found(byId.get(id)),
    ofCall: (callId: string): Subagent | undefined => found(byCall.get(callId)),
    ofInbox: (inbox: number): Subagent | undefined => found(byInbox.get(inbox)),
    open: (): Subagent[] => open.all().map(subagentOf),
    openOfParent: (session: string): Subagent[] => openOfParent.all(session).map(subagentOf),
    openOfTurn: (turn: string): Subagent[] => openOfTurn.all(turn).map(subagentOf),
    /** Whether a turn waits for one. */
    isAwaited: (turn: string): boolean => awaited.get(turn) !== undefined,
    newest: (person: string, limit: number): Subagent[] => newest.all(person, limit).map(subagentOf),
    /** Notes why it is about to be stopped; the first reason stays. */
    because: (id: string, reason: string): void => void because.run(reason, id),
    /** False when it had ended before. */
    end: (
      id: string,
      state: SubagentState,
      facts: { answer?: number | null; reason?: string | null },
    ): boolean => end.run(state, facts.answer ?? null, facts.reason ?? null, id).changes === 1,
  }
}

const found = (row: Row | undefined): Subagent | undefined => row && subagentOf(row)

function subagentOf({ background, grant_json, ...row }: Row): Subagent {
  return { ...row, background: background === 1, grant: JSON.parse(grant_json) as Grant }
}
