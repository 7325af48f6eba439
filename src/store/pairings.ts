// Strangers who wrote, each with one code that an owner can approve.
import { freeCode } from './approvals.ts'
import type { Db } from './database.ts'

export interface Pairing {
  readonly code: string
  readonly channel: string
  /** The platform's identifier of the sender. */
  readonly sender: string
  readonly name: string
  readonly state: 'open' | 'approved' | 'denied'
  readonly createdAt: number
}

const columns = 'code, channel, sender, name, state, created_at AS createdAt'

export type Pairings = ReturnType<typeof openPairings>

export function openPairings(db: Db) {
  const bySender = db.prepare<[string, string], Pairing>(
    `SELECT ${columns} FROM pairing WHERE channel = ? AND sender = ?`,
  )
  const byCode = db.prepare<[string], Pairing>(`SELECT ${columns} FROM pairing WHERE code = ?`)
  const insert = db.prepare(
    "INSERT INTO pairing (code, channel, sender, name, state, created_at) VALUES (?, ?, ?, ?, 'open', ?)",
  )
  const list = db.prepare<[], Pairing>(
    `SELECT ${columns} FROM pairing WHERE state = 'open' ORDER BY created_at`,
  )
  const settle = db.prepare<[string, string]>(
    "UPDATE pairing SET state = ? WHERE code = ? AND state = 'open'",
  )

  return {
    /** The sender's pairing; `fresh` when it was made now, and they have to be told. */
    ensure(channel: string, sender: string, name: string, now: number): { pairing: Pairing; fresh: boolean } {
      const known = bySender.get(channel, sender)
      if (known) return { pairing: known, fresh: false }
      const code = freeCode(candidate => byCode.get(candidate) !== undefined)
      insert.run(code, channel, sender, name, now)
      return { pairing: byCode.get(code)!, fresh: true }
    },
    get: (code: string): Pairing | undefined => byCode.get(code.toUpperCase()),
    open: (): Pairing[] => list.all(),
    settle: (code: string, state: 'approved' | 'denied'): boolean =>
      settle.run(state, code.toUpperCase()).changes === 1,
  }
}
