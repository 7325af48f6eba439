// What Signal has seen of us is on our disk: a power cut takes back no acknowledgement and no key that was used.
import assert from 'node:assert/strict'
import fs, { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import { openSignalDb } from '../../../channels/signal/store/database.ts'
import { openUnits } from '../../../channels/signal/store/unit.ts'
import { openDurable } from '../../../src/durable.ts'
import { direct, friend, link, openWorld, run, soon } from './world.ts'

interface Disk extends Disposable {
  /** What `look` finds in signal.db as a power cut would leave it now. */
  afterPowerCut<T>(look: (db: Database.Database) => T): T
  /** From now on, or no longer, the disk takes nothing more. */
  refuse(refusing: boolean): void
}

/** Keeps the files as they were when a flush began, once it is over: that is what it brought to the disk. */
function watchDisk(): Disk {
  const folder = mkdtempSync(join(tmpdir(), 'coop-signal-'))
  const { fdatasync, readlinkSync } = fs
  let copies = 0
  let onDisk = ''
  let refusing = false
  fs.fdatasync = ((file: number, done: (error: Error | null) => void) => {
    const path = readlinkSync(`/proc/self/fd/${file}`).replace(/-wal$/, '')
    const copy = join(folder, `${copies++}.db`)
    for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, copy + end)
    if (refusing) return done(Object.assign(new Error('the disk refuses'), { code: 'EIO' }))
    fdatasync(file, error => {
      if (!error) onDisk = copy
      done(error)
    })
  }) as typeof fdatasync
  syncBuiltinESMExports()
  return {
    afterPowerCut(look) {
      const db = new Database(onDisk)
      try {
        return look(db)
      } finally {
        db.close()
      }
    },
    refuse(now) {
      refusing = now
    },
    [Symbol.dispose]() {
      fs.fdatasync = fdatasync
      syncBuiltinESMExports()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const needsProc = { skip: !existsSync('/proc/self/fd') && 'this system does not name open files' }

test('what a unit resolved to is on the disk, and what the disk refused is told', needsProc, async t => {
  using disk = watchDisk()
  const folder = mkdtempSync(join(tmpdir(), 'coop-signal-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const db = openSignalDb(join(folder, 'signal.db'), 'when asked')
  const log = openDurable(db)
  const units = openUnits(db, { flushed: log.flushed })
  await Promise.all(
    Array.from({ length: 40 }, async (_, at) => {
      const run = at % 2 === 0 ? units.run : units.runInBurst
      await run(unit => unit.put('session', `k${at}`, new Uint8Array([at])))
      const kept = disk.afterPowerCut(copy =>
        copy.prepare('SELECT count(*) FROM record WHERE key = ?').pluck().get(`k${at}`),
      )
      assert.equal(kept, 1)
    }),
  )
  disk.refuse(true)
  await assert.rejects(
    units.run(unit => unit.put('session', 'lost', new Uint8Array([1]))),
    { code: 'EIO' },
  )
  disk.refuse(false)
  await units.run(unit => unit.put('session', 'after', new Uint8Array([1])))
  const kept = disk.afterPowerCut(copy =>
    copy.prepare("SELECT count(*) FROM record WHERE key IN ('lost', 'after')").pluck().get(),
  )
  assert.equal(kept, 2)
  log[Symbol.dispose]()
  db.close()
})

test('nothing is acknowledged or sent that a power cut could take back', needsProc, async () => {
  using disk = watchDisk()
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  const { handleMessage } = world.server
  const carried = new Set<number>()
  world.server.handleMessage = async (...given) => {
    const [, , , target, , timestamp] = given
    if (target === alice.device) {
      const rows = disk.afterPowerCut(db =>
        db
          .prepare('SELECT count(*) FROM outbound JOIN outbound_part USING (key) WHERE timestamp = ?')
          .pluck()
          .get(Number(timestamp)),
      )
      // A receipt may be of the same millisecond.
      if (rows) carried.add(Number(timestamp))
    }
    await handleMessage.apply(world.server, given)
  }
  const sent: number[] = []
  for (let at = 0; at < 5; at += 1) {
    const timestamp = 5_000 + at
    // Resolves with the acknowledgement.
    await world.server.send(device, await alice.encryptText(device, `message ${at}`, { timestamp }))
    const heard = disk.afterPowerCut(db =>
      db
        .prepare("SELECT count(*) FROM record WHERE kind = 'heard' AND key = ?")
        .pluck()
        .get(`${alice.device.aci} ${timestamp}`),
    )
    assert.equal(heard, 1)
    await running.next()
    const result = await running.channel.send(
      { key: `reply ${at}`, place: direct(alice.device.aci), text: `reply ${at}` },
      soon(),
    )
    assert.equal(result.kind, 'sent')
    sent.push(Number((await alice.waitForMessage()).dataMessage.timestamp))
  }
  assert.deepEqual([...carried], sent)
})
