// No statement reads a table that grows with every message from end to end, however old a home is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import { openTestStore } from './open.ts'

/** What grows with every message. */
const growing = ['entry', 'inbox', 'outbox', 'turn', 'spend']

/** Indexes of few rows, and one that is counted without its rows. */
const small =
  /^ (?:EXISTS )?USING (?:COVERING )?INDEX (?:inbox_open|inbox_failed|inbox_expiring|outbox_\w+|turn_open)$/

/** Asked seldom, by somebody who deletes a conversation; or stopped by its own limit. */
const excepted = [/^DELETE FROM inbox WHERE session/, /FROM \(SELECT \* FROM outbox ORDER BY id DESC LIMIT/]

test('every statement of the store finds its rows by an index', t => {
  const real = Database.prototype.prepare
  const statements = new Set<string>()
  Database.prototype.prepare = function (this: Database.Database, sql: string) {
    statements.add(sql)
    return real.call(this, sql)
  } as typeof real
  const { store } = openTestStore(t)
  Database.prototype.prepare = real

  const asked = [...statements].filter(sql => /^\s*(SELECT|UPDATE|DELETE|WITH)/.test(sql))
  assert.ok(asked.length > 80, `${asked.length} statements`)
  const slow = asked.flatMap(sql => {
    if (excepted.some(one => one.test(sql))) return []
    const named = [...sql.matchAll(/:(\w+)/g)].map(([, name]) => [name, null])
    const given = named.length > 0 ? [Object.fromEntries(named)] : Array(sql.split('?').length - 1).fill(null)
    const plan = store.db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...given) as { detail: string }[]
    const reads = plan.filter(({ detail }) => {
      const [, table, how] = /^SCAN (\w+)(.*)/.exec(detail) ?? []
      return table !== undefined && growing.includes(table) && !small.test(how ?? '')
    })
    const sorts =
      /^\s*SELECT \* FROM entry /.test(sql) && plan.some(({ detail }) => detail.includes('TEMP B-TREE'))
    return reads.length > 0 || sorts ? [`${sql}: ${plan.map(({ detail }) => detail).join('; ')}`] : []
  })
  assert.deepEqual(slow, [])
})
