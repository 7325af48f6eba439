// Prekeys: there are always some for strangers to write with, and the standing ones do not grow old.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { putSetting } from '../../../channels/signal/store/account.ts'
import { openSignalDb } from '../../../channels/signal/store/database.ts'
import { acquaint, link, openWorld, run, until } from './world.ts'

test('one-time keys that run low are filled up, and each still opens a message', async () => {
  await using world = await openWorld()
  const device = await link(world)
  assert.equal(await device.getPreKeyCount(), 100)
  for (let taken = 0; taken < 95; taken += 1) await device.popSingleUseKey()
  const early = await world.server.createPrimaryDevice({ profileName: 'Alice' })
  await acquaint(early, device)
  await using running = await run(world)
  const counts: number[] = []
  await until(() => {
    void device.getPreKeyCount().then(count => counts.push(count))
    return counts.at(-1) === 100
  })
  const late = await world.server.createPrimaryDevice({ profileName: 'Bob' })
  await acquaint(late, device)
  void early.sendText(device, 'with an old key', {})
  assert.equal((await running.next()).text, 'with an old key')
  void late.sendText(device, 'with a new key', {})
  assert.equal((await running.next()).text, 'with a new key')
})

test('standing keys are changed after 36 hours, and what was encrypted to the old ones still arrives', async () => {
  await using world = await openWorld()
  const device = await link(world)
  const before = (await device.popSingleUseKey()).signedPreKey.keyId
  const alice = await world.server.createPrimaryDevice({ profileName: 'Alice' })
  await acquaint(alice, device)
  {
    const db = openSignalDb(join(world.home, 'db', 'signal.db'))
    putSetting(db, 'rotated_aci', String(Date.now() - 37 * 3_600_000))
    db.close()
  }
  await using running = await run(world)
  const ids: number[] = []
  await until(() => {
    void device.popSingleUseKey().then(key => ids.push(key.signedPreKey.keyId))
    return ids.length > 0 && ids.at(-1) !== before
  })
  void alice.sendText(device, 'to the key of yesterday', {})
  assert.equal((await running.next()).text, 'to the key of yesterday')
})

test('when all one-time keys are gone the last-resort key opens messages of several people', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  for (let taken = 0; taken < 100; taken += 1) await device.popSingleUseKey()
  for (const name of ['Alice', 'Bob']) {
    const person = await world.server.createPrimaryDevice({ profileName: name })
    await acquaint(person, device)
    void person.sendText(device, `from ${name}`, {})
    assert.equal((await running.next()).text, `from ${name}`)
  }
})
