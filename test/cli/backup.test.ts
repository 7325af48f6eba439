// Backup and restore: whole, of one moment, and closed to whoever lacks the passphrase.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { lock, unlock } from '../../src/cli/archive/lockbox.ts'
import { snapshot } from '../../src/store/snapshot.ts'
import { schemaOf } from '../../src/store/soundness.ts'
import { bin, openHouse, runNode } from '../terminal/house.ts'

test('a backup of a running home holds what was said, and a restored home answers with it', async () => {
  await using house = openHouse()
  await house.gateway()
  await house.coop(['attach'], 'remember the blue door\n')
  writeFileSync(join(house.dir, '.env'), 'SECRET_THING=sesame\n', { mode: 0o600 })
  mkdirSync(join(house.dir, 'db/tool-servers'))
  writeFileSync(join(house.dir, 'db/tool-servers/mail.json'), '{"tokens":"sesame"}\n', { mode: 0o600 })
  const file = join(house.dir, 'b.tar.gz')
  const packed = await house.coop(['backup', file])
  assert.equal(packed.code, 0, packed.stderr)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const names = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).split('\n')
  assert.ok(names.includes('db/coop.db') && names.includes('coop.toml'))
  assert.ok(
    !names.some(name => /\.env|tool-servers|signal|run\/|traces\/|-wal|b\.tar/.test(name)),
    names.join(),
  )

  const dir = join(house.dir, 'again')
  const back = await house.coop(['restore', file, '--dir', dir])
  assert.equal(back.code, 0, back.stderr)
  assert.equal(statSync(dir).mode & 0o777, 0o700)
  const said = new Database(join(dir, 'db', 'coop.db'), { readonly: true })
  assert.match(JSON.stringify(said.prepare('SELECT body FROM entry').all()), /blue door/)
  said.close()
  assert.equal((await house.coop(['backup', file])).code, 1)
  assert.equal((await house.coop(['restore', file, '--dir', dir])).code, 1)
})

test('backups taken while messages pour in are each of one moment, and a home restored from one goes on', async () => {
  await using house = openHouse()
  await house.gateway()
  const lines = (who: string) => Array.from({ length: 40 }, (_, index) => `${who} says ${index}\n`).join('')
  const pouring = ['Alice', 'Bob'].map(who => house.coop(['attach', '--user', who], lines(who)))
  const files = [1, 2, 3].map(round => join(house.dir, `b${round}.tar.gz`))
  for (const file of files) {
    const packed = await house.coop(['backup', file])
    assert.equal(packed.code, 0, packed.stderr)
  }
  for (const { stdout } of await Promise.all(pouring)) assert.equal(stdout.match(/You wrote/g)?.length, 40)

  for (const [round, file] of files.entries()) {
    const dir = join(house.dir, `home${round}`)
    const back = await house.coop(['restore', file, '--dir', dir])
    assert.equal(back.code, 0, back.stderr)
    const db = new Database(join(dir, 'db', 'coop.db'), { readonly: true })
    const unspoken = db
      .prepare(
        "SELECT count(*) AS count FROM inbox WHERE state = 'answered' AND turn NOT IN (SELECT turn FROM entry WHERE role = 'assistant')",
      )
      .get() as { count: number }
    db.close()
    assert.equal(unspoken.count, 0)
  }
  const env = { env: house.env, cwd: house.dir }
  const later = await runNode(
    [bin, '--config', join(house.dir, 'home0', 'coop.toml'), 'chat', '-m', 'are you there?'],
    env,
  )
  assert.match(later.stdout, /You wrote: “are you there\?”/)
})

test('keys travel only under a passphrase, which another one does not open', async () => {
  await using house = openHouse()
  writeFileSync(join(house.dir, '.env'), 'SECRET_THING=sesame\n', { mode: 0o600 })
  const file = join(house.dir, 'b.tar.gz')
  assert.equal((await house.coop(['backup', file, '--with-keys'], 'short\n')).code, 1)
  const packed = await house.coop(['backup', file, '--with-keys'], 'correct horse battery\n')
  assert.match(packed.stdout, /Under the passphrase: \.env/)
  assert.equal(execFileSync('gzip', ['-dc', file]).includes('sesame'), false)

  const wrong = await house.coop(['restore', file, '--dir', join(house.dir, 'w')], 'another\n')
  assert.equal(wrong.code, 1)
  assert.match(wrong.stderr, /The passphrase is another one/)
  assert.equal(existsSync(join(house.dir, 'w')), false)
  const right = await house.coop(['restore', file, '--dir', join(house.dir, 'r')], 'correct horse battery\n')
  assert.equal(right.code, 0, right.stderr)
  assert.equal(readFileSync(join(house.dir, 'r', '.env'), 'utf8'), 'SECRET_THING=sesame\n')
  assert.equal(statSync(join(house.dir, 'r', '.env')).mode & 0o777, 0o600)
})

test('a changed, missing or added file, a cut archive and a foreign one restore nothing', async () => {
  await using house = openHouse()
  await house.coop(['chat', '-m', 'hello'])
  const file = join(house.dir, 'b.tar.gz')
  await house.coop(['backup', file])
  const tree = join(house.dir, 'tree')
  const repack = (name: string, change: () => void) => {
    execFileSync('rm', ['-rf', tree])
    mkdirSync(tree)
    execFileSync('tar', ['-xzf', file, '-C', tree])
    change()
    execFileSync('tar', ['-czf', join(house.dir, name), '-C', tree, '.'])
  }
  repack('changed', () => writeFileSync(join(tree, 'coop.toml'), '[agent]\nid = "evil"\n'))
  repack('missing', () => execFileSync('rm', [join(tree, 'db', 'coop.db')]))
  repack('added', () => writeFileSync(join(tree, 'extra'), 'x'))
  writeFileSync(join(house.dir, 'cut'), readFileSync(file).subarray(0, 2_000))
  writeFileSync(join(house.dir, 'foreign'), 'not an archive')
  for (const [name, said] of [
    ['changed', /coop\.toml in the archive is damaged/],
    ['missing', /lacks db\/coop\.db/],
    ['added', /holds extra, which/],
    ['cut', /cannot be read as a backup/],
    ['foreign', /cannot be read as a backup/],
    ['absent', /does not exist/],
  ] as const) {
    const ended = await house.coop(['restore', join(house.dir, name), '--dir', join(house.dir, 'to')])
    assert.equal(ended.code, 1, name)
    assert.match(ended.stderr, said)
    assert.equal(existsSync(join(house.dir, 'to')), false)
  }
  assert.deepEqual(
    readdirSync(house.dir).filter(name => name.startsWith('.to-') || name.startsWith('.b.')),
    [],
  )
})

test('an archive of a newer Coop is refused by name', async () => {
  await using house = openHouse()
  await house.coop(['chat', '-m', 'hello'])
  const db = new Database(join(house.dir, 'db', 'coop.db'))
  db.pragma('user_version = 999')
  db.close()
  const file = join(house.dir, 'b.tar.gz')
  await house.coop(['backup', file])
  const ended = await house.coop(['restore', file, '--dir', join(house.dir, 'to')])
  assert.match(ended.stderr, /newer than this one; install that version first/)
})

test('snapshot copies several databases of one moment while they are written', async () => {
  await using house = openHouse()
  const paths = ['a', 'b'].map(name => join(house.dir, `${name}.db`))
  const dbs = paths.map(path => {
    const db = new Database(path)
    db.pragma('journal_mode = WAL')
    db.exec('CREATE TABLE t (n INTEGER)')
    return db
  })
  let n = 0
  const writing = setInterval(() => {
    n++
    for (const db of dbs) db.prepare('INSERT INTO t VALUES (?)').run(n)
  }, 1)
  try {
    for (let round = 0; round < 5; round++) {
      const copies = paths.map(path => `${path}.${round}`)
      await snapshot(paths.map((from, index) => ({ from, to: copies[index]! })))
      const counts = copies.map(path => {
        schemaOf(path)
        const copy = new Database(path, { readonly: true })
        const row = copy.prepare('SELECT count(*) AS count FROM t').get() as { count: number }
        copy.close()
        return row.count
      })
      assert.equal(counts[0], counts[1])
    }
  } finally {
    clearInterval(writing)
    for (const db of dbs) db.close()
  }
})

test('lock and unlock give back any content, and no changed byte passes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 200 }),
      fc.string(),
      fc.nat(),
      async (content, passphrase, at) => {
        const box = await lock(Buffer.from(content), passphrase)
        assert.deepEqual(await unlock(box, passphrase), Buffer.from(content))
        const changed = Buffer.from(box)
        changed[at % changed.length]! ^= 1
        await assert.rejects(unlock(changed, passphrase), { code: 'archive_invalid' })
      },
    ),
    { numRuns: 2 },
  )
})

test('a folder that is not there is named', async () => {
  await using house = openHouse()
  const { stderr } = await house.coop(['backup', join(house.dir, 'nowhere', 'b')])
  assert.match(stderr, /nowhere cannot be written; choose another place/)
})
