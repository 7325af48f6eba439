// A damaged index is noticed and built anew from its rows.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import { openImport } from '../../src/memory/transfer.ts'
import { asking, direct, openHome } from './people.ts'

test('a damaged text index is built anew from its rows, with a notice', async () => {
  using home = openHome()
  const alice = home.memory.open(direct('alice'))
  for (let index = 0; index < 30; index++)
    alice.write({ text: `Heron ${index} at the lake`, store: 'shared' }, asking('alice'))
  const raw = new Database(home.path)
  raw.unsafeMode(true)
  raw.pragma('writable_schema = ON')
  raw.exec("UPDATE fts_shared_data SET block = x'00ff00ff' WHERE id > 10")
  raw.close()
  const notices: string[] = []
  using again = home.again({ onNotice: notice => void notices.push(notice) })
  assert.deepEqual(notices, ['The text index of the shared memory was damaged and has been built anew.'])
  assert.equal((await again.open(direct('alice')).search('heron 17'))[0]?.text, 'Heron 17 at the lake')
})

test('a large index that turns out damaged in a search is built anew, and the search answers', async () => {
  const notices: string[] = []
  using home = openHome({ onNotice: notice => void notices.push(notice) })
  const alice = home.memory.open(direct('alice'))
  const into = openImport()
  const rows = Array.from({ length: 1_200 }, (_, index) => ({
    kind: 'fact' as const,
    store: 'shared',
    text: `Heron ${index} at the lake`,
  }))
  alice.import(into, rows)
  into.finish()
  const raw = new Database(home.path)
  raw.unsafeMode(true)
  raw.exec("UPDATE fts_shared_data SET block = x'00ff00ff' WHERE id > 10")
  raw.close()
  for (const workerRows of [100_000, 10]) {
    using again = home.again({ workerRows })
    assert.equal((await again.open(direct('alice')).search('heron 17'))[0]?.text, 'Heron 17 at the lake')
  }
  assert.equal(notices.length, 1)
})

test('an index that lost its entries is noticed too', async () => {
  using home = openHome()
  const alice = home.memory.open(direct('alice'))
  alice.write({ text: 'Heron at the lake', store: 'personal' }, asking('alice'))
  const db = home.memory.room.files.database('alice')
  db.exec(
    "INSERT INTO fts_familiar (fts_familiar, rowid, norm, near, meta) SELECT 'delete', id, norm, near, meta FROM mem_familiar",
  )
  const notices: string[] = []
  using again = home.again({ onNotice: notice => void notices.push(notice) })
  assert.equal((await again.open(direct('alice')).search('heron')).length, 1)
  assert.equal(notices.length, 1)
})

test('who writes, imports or forgets over a damaged index finds it mended', async () => {
  const notices: string[] = []
  using home = openHome({ onNotice: notice => void notices.push(notice) })
  const alice = home.memory.open(direct('alice'))
  const damage = (where: string) => {
    const raw = new Database(home.path)
    raw.unsafeMode(true)
    raw.exec(`UPDATE fts_shared_data SET block = x'00ff00ff' WHERE id ${where}`)
    raw.close()
  }
  alice.write({ text: 'Heron at the lake', store: 'shared' }, asking('alice'))
  damage('>= 10')
  alice.write({ text: 'Gull at the sea', store: 'shared' }, asking('alice'))
  assert.equal(notices.length, 1)
  damage('>= 10')
  assert.equal(alice.import(openImport(), [{ kind: 'fact', store: 'shared', text: 'Owl in the wood' }]), 1)
  assert.equal(notices.length, 2)
  damage('> 10')
  assert.equal((await alice.forget({ query: 'gull' })).forgotten, 1)
  assert.equal(notices.length, 3)
  const left = await alice.search('owl gull heron')
  assert.deepEqual(left.map(memo => memo.text).sort(), ['Heron at the lake', 'Owl in the wood'])
})

test('a sound memory opens without a notice', () => {
  using home = openHome()
  home.memory.open(direct('alice')).write({ text: 'Heron' }, asking('alice'))
  const notices: string[] = []
  using _again = home.again({ onNotice: notice => void notices.push(notice) })
  assert.deepEqual(notices, [])
})
