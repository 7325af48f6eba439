// Conversations: whose they are, and which epoch and window of them is in the prompt.
import type { Db } from './database.ts'

export type SessionKind = 'direct' | 'group' | 'job' | 'subagent'

export interface Session {
  readonly id: string
  readonly kind: SessionKind
  readonly person: string | null
  readonly title: string | null
  readonly epoch: number
  readonly windowFrom: number
  readonly createdAt: number
  readonly updatedAt: number
}

export type NewSession = Pick<Session, 'id' | 'kind' | 'person' | 'title'>

const columns = `id, kind, person, title, epoch, window_from AS windowFrom, created_at AS createdAt, updated_at AS updatedAt`

export type Sessions = ReturnType<typeof openSessions>

export function openSessions(db: Db) {
  const get = db.prepare<[string], Session>(`SELECT ${columns} FROM session WHERE id = ?`)
  const insert = db.prepare(
    'INSERT INTO session (id, kind, person, title, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const list = db.prepare<[number, string, number], Session>(
    `SELECT ${columns} FROM session WHERE (updated_at, id) < (?, ?) ORDER BY updated_at DESC, id DESC LIMIT ?`,
  )
  const bump = db.prepare<[number, string], { epoch: number }>(
    'UPDATE session SET epoch = epoch + 1, window_from = 0, updated_at = ? WHERE id = ? RETURNING epoch',
  )
  const window = db.prepare<[number, string]>('UPDATE session SET window_from = ? WHERE id = ?')
  const rename = db.prepare<[string, string]>('UPDATE session SET title = ? WHERE id = ?')
  const wipe = ['entry', 'turn', 'inbox', 'session'].map(table =>
    db.prepare<[string]>(`DELETE FROM ${table} WHERE ${table === 'session' ? 'id' : 'session'} = ?`),
  )

  return {
    get: (id: string): Session | undefined => get.get(id),
    /** The session, made if there is none. */
    ensure(session: NewSession, now: number): Session {
      const found = get.get(session.id)
      if (found) return found
      insert.run(session.id, session.kind, session.person, session.title, now, now)
      return get.get(session.id)!
    },
    /** Newest first; `before` continues a page at its last row. */
    list(limit: number, before?: { updatedAt: number; id: string }): Session[] {
      return list.all(before?.updatedAt ?? Number.MAX_SAFE_INTEGER, before?.id ?? '', limit)
    },
    /** A fresh epoch; the old one stays stored and searchable. */
    newEpoch: (id: string, now: number): number => bump.get(now, id)?.epoch ?? 0,
    /** Entries before `from` leave the prompt. */
    setWindow: (id: string, from: number): void => void window.run(from, id),
    rename: (id: string, title: string): void => void rename.run(title, id),
    /** Deletes a session with everything said in it. */
    remove: db.transaction((id: string): void => {
      for (const statement of wipe) statement.run(id)
    }),
  }
}
