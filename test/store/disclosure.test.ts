// The ledger of what a model was given, and what is erased from it.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Db, openDatabase } from '../../src/store/database.ts'
import { openDisclosures } from '../../src/store/disclosure.ts'
import { erase } from '../../src/store/erase.ts'

const migrations = fileURLToPath(new URL('../../migrations/coop', import.meta.url))

async function withDatabase(use: (db: Db, folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'coop-ledger-'))
  const db = openDatabase({ path: join(folder, 'coop.db'), migrations })
  try {
    await use(db, folder)
  } finally {
    db.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const memory = (ref: string, labels: string[]) => ({ kind: 'memory' as const, ref, labels })

test('the ledger says what a turn was given and who could read the reply', async () => {
  await withDatabase(db => {
    const ledger = openDisclosures(db)
    const turn = { session: 's', turn: 't1', audience: ['bob', 'alice'] }
    ledger.record(turn, [memory('m1', ['social']), { kind: 'file', ref: 'notes.md', labels: ['shared'] }], 10)
    ledger.record(turn, [memory('m1', ['social'])], 11)
    ledger.record({ session: 's', turn: 't2', audience: ['carol'] }, [memory('m2', ['social'])], 20)
    const { rows } = ledger.list({ viewer: 'alice', person: 'bob' })
    assert.deepEqual(
      rows.map(({ turn, kind, ref, audience, at }) => [turn, kind, ref, audience, at]),
      [
        ['t1', 'file', 'notes.md', ['alice', 'bob'], 10],
        ['t1', 'memory', 'm1', ['alice', 'bob'], 10],
      ],
    )
    assert.deepEqual(
      ledger.list({ viewer: 'alice', from: 15, to: 25 }).rows.map(row => row.ref),
      ['m2'],
    )
  })
})

test('rows of another person’s personal compartment are counts only', async () => {
  await withDatabase(db => {
    const ledger = openDisclosures(db)
    ledger.record(
      { session: 's', turn: 't', audience: ['bob'] },
      [memory('m1', ['personal:bob']), memory('m2', ['shared'])],
      1,
    )
    const asAlice = ledger.list({ viewer: 'alice' })
    assert.deepEqual([asAlice.rows.map(row => row.ref), asAlice.hidden], [['m2'], { bob: 1 }])
    assert.deepEqual(ledger.list({ viewer: 'bob' }).hidden, {})
  })
})

test('erased entries leave no bytes in the transcript, the inbox, the outbox, the log or a copy of before', async () => {
  await withDatabase(async (db, folder) => {
    const said = JSON.stringify([{ type: 'text', text: 'qwertzuiop' }])
    db.exec(`INSERT INTO session (id, kind, created_at, updated_at) VALUES ('s', 'direct', 1, 1)`)
    db.prepare(
      `INSERT INTO entry (id, session, epoch, turn, role, body, labels, origin, trace, at) VALUES (7, 's', 0, 't', 'user', ?, '[]', 'full', 'x', 1)`,
    ).run(said)
    db.prepare(
      `INSERT INTO inbox (channel, external_id, body, received_at, trace, turn, state) VALUES ('c', '1', ?, 1, 'x', 't', 'answered')`,
    ).run(JSON.stringify({ text: 'qwertzuiop', at: 1 }))
    db.prepare(
      `INSERT INTO outbox (key, channel, lane, body, labels, grant_json, turn, state, trace, created_at) VALUES ('k', 'c', 'l', ?, '[]', '{}', 't', 'sent', 'x', 1)`,
    ).run(JSON.stringify({ text: 'You said qwertzuiop' }))
    writeFileSync(`${db.name}.before-2.1`, 'qwertzuiop')
    assert.equal(await erase(db, { entries: [7], memories: [], texts: [] }), true)
    for (const name of readdirSync(folder))
      assert.ok(!readFileSync(join(folder, name)).includes('qwertzuiop'), name)
  })
})
