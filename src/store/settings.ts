// What people set by chat, and small durable facts of the gateway itself.
import type { Db } from './database.ts'

/** Whose setting it is. */
export type Scope = `person:${string}` | `session:${string}` | 'gateway'

export type Settings = ReturnType<typeof openSettings>

export function openSettings(db: Db) {
  const get = db.prepare<[string, string], { value: string }>(
    'SELECT value FROM setting WHERE scope = ? AND name = ?',
  )
  const set = db.prepare('INSERT OR REPLACE INTO setting (scope, name, value, at) VALUES (?, ?, ?, ?)')
  const remove = db.prepare<[string, string]>('DELETE FROM setting WHERE scope = ? AND name = ?')
  const list = db.prepare<[string], { name: string; value: string }>(
    'SELECT name, value FROM setting WHERE scope = ? ORDER BY name',
  )

  return {
    get: <T>(scope: Scope, name: string): T | undefined => {
      const row = get.get(scope, name)
      return row && (JSON.parse(row.value) as T)
    },
    set: (scope: Scope, name: string, value: unknown, now: number): void =>
      void set.run(scope, name, JSON.stringify(value), now),
    remove: (scope: Scope, name: string): void => void remove.run(scope, name),
    list: (scope: Scope): Record<string, unknown> =>
      Object.fromEntries(list.all(scope).map(row => [row.name, JSON.parse(row.value)])),
  }
}
