// The unit of work: all or nothing, one after another, and what was written is read back within it.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { type Db, openSignalDb } from '../../../channels/signal/store/database.ts'
import {
  confirmIdentity,
  isUnverified,
  mayReceive,
  noteUnverified,
  recordIdentity,
} from '../../../channels/signal/store/identity.ts'
import { dropInbound, keepInbound, waitingInbound } from '../../../channels/signal/store/inbound.ts'
import { addOutbound, nextTimestamp } from '../../../channels/signal/store/outbound.ts'
import { openUnits, type Unit } from '../../../channels/signal/store/unit.ts'

interface Opened extends Disposable {
  readonly db: Db
  readonly path: string
}

function open(): Opened {
  const folder = mkdtempSync(join(tmpdir(), 'coop-signal-'))
  const path = join(folder, 'signal.db')
  const db = openSignalDb(path)
  return {
    db,
    path,
    [Symbol.dispose]() {
      db.close()
      rmSync(folder, { recursive: true })
    },
  }
}

const value = (unit: Unit, key: string): number | undefined => unit.get('session', key)?.[0]

test('a unit reads what it wrote, and the database sees it after the commit', async () => {
  using opened = open()
  const units = openUnits(opened.db, { flushed: async () => {} })
  await units.run(async unit => {
    unit.put('session', 'aci:a.1', new Uint8Array([1]))
    unit.put('session', 'aci:a.2', new Uint8Array([2]))
    unit.remove('session', 'aci:a.2')
    assert.equal(value(unit, 'aci:a.1'), 1)
    assert.equal(value(unit, 'aci:a.2'), undefined)
    assert.deepEqual(unit.keys('session', 'aci:a.'), ['aci:a.1'])
    assert.equal(opened.db.prepare('SELECT count(*) FROM record').pluck().get(), 0)
  })
  await units.run(unit => assert.equal(value(unit, 'aci:a.1'), 1))
})

test('a unit that fails leaves nothing, and the next one runs', async () => {
  using opened = open()
  const units = openUnits(opened.db, { flushed: async () => {} })
  await assert.rejects(
    units.run(unit => {
      unit.put('session', 'k', new Uint8Array([1]))
      throw new Error('no')
    }),
    /no/,
  )
  await assert.rejects(
    units.run(unit => {
      unit.put('session', 'k', new Uint8Array([1]))
      unit.atCommit(() => {
        throw new Error('the disk is full')
      })
    }),
    /disk/,
  )
  await units.run(unit => assert.equal(value(unit, 'k'), undefined))
})

test('units never see each other half done, in whatever order they wait', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ key: fc.constantFrom('a', 'b'), waits: fc.nat(3), fails: fc.boolean() }), {
        maxLength: 20,
      }),
      async plan => {
        using opened = open()
        const units = openUnits(opened.db, { flushed: async () => {} })
        const expected = new Map<string, number>()
        const runs = plan.map(({ key, waits, fails }) =>
          units.run(async unit => {
            const before = value(unit, key) ?? 0
            for (let at = 0; at < waits; at += 1) await new Promise(resolve => setImmediate(resolve))
            unit.put('session', key, new Uint8Array([before + 1]))
            if (fails) throw new Error('planned')
          }),
        )
        await Promise.allSettled(runs)
        for (const { key, fails } of plan) if (!fails) expected.set(key, (expected.get(key) ?? 0) + 1)
        await units.run(unit => {
          for (const key of ['a', 'b']) assert.equal(value(unit, key), expected.get(key))
        })
      },
    ),
    { numRuns: 25 },
  )
})

test('a changed identity holds back all but answers, until it is confirmed', async () => {
  using opened = open()
  const units = openUnits(opened.db, { flushed: async () => {} })
  const { db } = opened
  const bob = '0f4cbd8a-3a4b-4c1e-9d53-0a1b2c3d4e5f'
  assert.equal(await units.run(unit => recordIdentity(unit, bob, new Uint8Array([5, 1]))), false)
  assert.equal(await units.run(unit => recordIdentity(unit, bob, new Uint8Array([5, 1]))), false)
  assert.equal(mayReceive(db, bob, undefined), true)
  assert.equal(await units.run(unit => recordIdentity(unit, bob, new Uint8Array([5, 2]))), true)
  assert.equal(isUnverified(db, bob), true)
  noteUnverified(db, bob, `${bob}.1.7`)
  assert.equal(mayReceive(db, bob, undefined), false)
  assert.equal(mayReceive(db, bob, `${bob}.1.6`), false)
  assert.equal(mayReceive(db, bob, `${bob}.1.7`), true)
  assert.equal(confirmIdentity(db, bob), true)
  assert.equal(mayReceive(db, bob, undefined), true)
  // A second change does not revive what was answered under the first.
  await units.run(unit => recordIdentity(unit, bob, new Uint8Array([5, 3])))
  assert.equal(mayReceive(db, bob, `${bob}.1.7`), false)
})

test('a message waits until it is handed over, once', () => {
  using opened = open()
  const inbound = (at: number) => ({
    channel: 'signal',
    externalId: `a.1.${at}`,
    place: { channel: 'signal', kind: 'direct', id: 'a' } as const,
    sender: { channel: 'signal', id: 'a', name: 'Alice' },
    text: String(at),
    at,
  })
  for (const at of [1, 2, 2]) keepInbound(opened.db, inbound(at))
  const waiting = waitingInbound(opened.db, 0, 10)
  assert.deepEqual(
    waiting.map(row => row.inbound.text),
    ['1', '2'],
  )
  dropInbound(opened.db, waiting.at(-1)!.id)
  keepInbound(opened.db, inbound(3))
  assert.deepEqual(
    waitingInbound(opened.db, waiting.at(-1)!.id, 10).map(row => row.inbound.text),
    ['3'],
  )
})

test('no two messages of ours have one timestamp', () => {
  using opened = open()
  const first = nextTimestamp(opened.db, 1_000)
  addOutbound(opened.db, 'a', first, new Uint8Array(), 1)
  assert.deepEqual(
    [first, nextTimestamp(opened.db, 1_000), nextTimestamp(opened.db, 900), nextTimestamp(opened.db, 2_000)],
    [1_000, 1_001, 1_001, 2_000],
  )
})

test('a database that is newer, damaged or taken is left alone with an advice', () => {
  using opened = open()
  assert.throws(() => openSignalDb(opened.path), { code: 'gateway_running' })
  const newer = `${opened.path}.newer`
  const db = new Database(newer)
  db.pragma('user_version = 99')
  db.close()
  assert.throws(() => openSignalDb(newer), { code: 'database_newer' })
  const damaged = `${opened.path}.damaged`
  writeFileSync(damaged, 'this is no database, and long enough to be looked at as one '.repeat(20))
  assert.throws(() => openSignalDb(damaged), { code: 'database_damaged' })
})
