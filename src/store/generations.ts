// Every configuration that came into force: who, why, what changed, and the whole text.
import type { Db } from './database.ts'

export type Via = 'file' | 'chat' | 'terminal' | 'coop'

export interface Generation {
  readonly id: number
  readonly at: number
  readonly who: string | null
  readonly via: Via
  readonly why: string
  /** Lines that people read. */
  readonly diff: readonly string[]
  readonly text: string
  readonly state: 'probation' | 'kept' | 'rolled_back'
  readonly reason: string | null
}

interface Row extends Omit<Generation, 'diff'> {
  diff: string
}

const columns = 'id, at, who, via, why, diff, text, state, reason'

export type Generations = ReturnType<typeof openGenerations>

export function openGenerations(db: Db) {
  const insert = db.prepare(
    'INSERT INTO generation (at, who, via, why, diff, text, state, call_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const get = db.prepare<[number], Row>(`SELECT ${columns} FROM generation WHERE id = ?`)
  const ofCall = db.prepare<[string], Row>(`SELECT ${columns} FROM generation WHERE call_id = ?`)
  const last = db.prepare<[], Row>(`SELECT ${columns} FROM generation ORDER BY id DESC LIMIT 1`)
  const before = db.prepare<[number], Row>(
    `SELECT ${columns} FROM generation WHERE id < ? AND state = 'kept' ORDER BY id DESC LIMIT 1`,
  )
  const other = db.prepare<[string], Row>(
    `SELECT ${columns} FROM generation WHERE state = 'kept' AND text <> ? ORDER BY id DESC LIMIT 1`,
  )
  const list = db.prepare<[number], Row>(`SELECT ${columns} FROM generation ORDER BY id DESC LIMIT ?`)
  const settle = db.prepare<[string, string | null, number]>(
    'UPDATE generation SET state = ?, reason = ? WHERE id = ?',
  )
  const release = db.prepare<[number]>('UPDATE generation SET call_id = NULL WHERE id = ?')
  const some = (row: Row | undefined) => row && generationOf(row)

  return {
    add(generation: Omit<Generation, 'id' | 'at' | 'reason'>, call: string | null, now: number): number {
      const { who, via, why, diff, text, state } = generation
      return Number(insert.run(now, who, via, why, JSON.stringify(diff), text, state, call).lastInsertRowid)
    },
    settle: (id: number, state: 'kept' | 'rolled_back', reason: string | null): void =>
      void settle.run(state, reason, id),
    /** The call that made it may make its change anew. */
    release: (id: number): void => void release.run(id),
    get: (id: number): Generation | undefined => some(get.get(id)),
    /** What a tool call made, if it ran before. */
    ofCall: (call: string): Generation | undefined => some(ofCall.get(call)),
    last: (): Generation | undefined => some(last.get()),
    /** The newest one before `id` that held. */
    keptBefore: (id: number): Generation | undefined => some(before.get(id)),
    /** The newest one that held and is not `text`. */
    keptOther: (text: string): Generation | undefined => some(other.get(text)),
    list: (limit: number): Generation[] => list.all(limit).map(generationOf),
  }
}

const generationOf = (row: Row): Generation => ({ ...row, diff: JSON.parse(row.diff) as string[] })
