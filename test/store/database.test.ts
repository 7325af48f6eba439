// A database is opened durable, migrated with a backup, and left alone when it is newer or damaged.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openDatabase } from '../../src/store/database.ts'
import { takeLock } from '../../src/store/lock.ts'

function folder(t: TestContext): {
  path: string
  migrations: string
  add: (name: string, sql: string) => void
} {
  const base = mkdtempSync(join(tmpdir(), 'coop-'))
  t.after(() => rmSync(base, { recursive: true, force: true }))
  const migrations = join(base, 'migrations')
  mkdirSync(migrations)
  const add = (name: string, sql: string) => writeFileSync(join(migrations, name), sql)
  add('001-first.sql', 'CREATE TABLE one (a TEXT) STRICT;')
  return { path: join(base, 'db', 'a.db'), migrations, add }
}

test('a database is opened with write-ahead logging and full synchronisation', t => {
  const db = openDatabase(folder(t))
  assert.equal(db.pragma('journal_mode', { simple: true }), 'wal')
  assert.equal(db.pragma('synchronous', { simple: true }), 2)
  assert.equal(db.pragma('secure_delete', { simple: true }), 1)
  db.close()
})

test('an older database is migrated after a copy was made', t => {
  const home = folder(t)
  const old = openDatabase(home)
  old.exec("INSERT INTO one VALUES ('kept')")
  old.close()
  home.add('002-second.sql', 'CREATE TABLE two (b TEXT) STRICT;')
  const db = openDatabase(home)
  assert.deepEqual(db.prepare('SELECT a FROM one').all(), [{ a: 'kept' }])
  assert.deepEqual(db.prepare('SELECT b FROM two').all(), [])
  db.close()
  assert.equal(readdirSync(join(home.path, '..')).filter(name => name.includes('.before-2.')).length, 1)
})

test('a migration that fails changes nothing', t => {
  const home = folder(t)
  openDatabase(home).close()
  home.add('002-second.sql', 'CREATE TABLE two (b TEXT) STRICT; SELECT nonsense;')
  assert.throws(() => openDatabase(home))
  home.add('002-second.sql', 'CREATE TABLE two (c TEXT) STRICT;')
  const db = openDatabase(home)
  assert.deepEqual(db.prepare('SELECT c FROM two').all(), [])
  db.close()
})

test('a database of a newer version is refused and not touched', t => {
  const home = folder(t)
  const db = openDatabase(home)
  db.pragma('user_version = 7')
  db.close()
  const before = readFileSync(home.path)
  assert.throws(() => openDatabase(home), { code: 'database_newer' })
  assert.deepEqual(readFileSync(home.path), before)
})

test('a file that is no database is refused as damaged, with its name', t => {
  const home = folder(t)
  mkdirSync(join(home.path, '..'))
  writeFileSync(home.path, 'not a database at all, but long enough to look at'.repeat(20))
  assert.throws(() => openDatabase(home), { code: 'database_damaged', message: /a\.db/ })
})

test('a home has one lock, and it is free when its holder lets go', t => {
  const path = join(folder(t).path, '..', 'gateway.lock')
  const lock = takeLock(path)
  assert.throws(() => takeLock(path), { code: 'gateway_running' })
  lock[Symbol.dispose]()
  takeLock(path)[Symbol.dispose]()
})
