// Groups: who is in them decides what may be said there, so a doubt about the members is no list of members.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type Device, EMPTY_DATA_MESSAGE, type Group, type PrimaryDevice } from '@signalapp/mock-server'
import type { Place } from '../../../src/channel.ts'
import { contentOf, sentOf } from './contents.ts'
import { currentGroup, remove } from './membership.ts'
import {
  acquaint,
  direct,
  friend,
  link,
  openWorld,
  reinstall,
  run,
  soon,
  until,
  type World,
} from './world.ts'

const placeOf = (group: Group): Place => ({
  channel: 'signal',
  kind: 'group',
  id: `group:${Buffer.from(group.id, 'base64').toString('hex')}`,
})

interface Gathering {
  readonly device: Device
  readonly alice: PrimaryDevice
  readonly bob: PrimaryDevice
  readonly group: Group
  readonly place: Place
}

/** The account, Alice and Bob in a group; Alice and Bob can write to our device. */
async function gather(world: World): Promise<Gathering> {
  const device = await link(world)
  const alice = await friend(world, 'Alice', device)
  const bob = await friend(world, 'Bob', device)
  const group = await alice.createGroup({ title: 'Family', members: [world.phone, alice, bob] })
  return { device, alice, bob, group, place: placeOf(group) }
}

test('a message in a group carries its title, and the members are known', async () => {
  await using world = await openWorld()
  const { device, alice, bob, group, place } = await gather(world)
  await using running = await run(world)
  void alice.sendText(device, 'hello all', { group, timestamp: 3_000 })
  const heard = await running.next()
  assert.deepEqual(heard.place, { ...place, title: 'Family' })
  assert.equal(heard.sender.name, 'Alice')
  assert.equal(heard.addressed, false)
  const members = await running.channel.members!(heard.place, soon())
  assert.deepEqual(members, { kind: 'list', ids: members.kind === 'list' ? members.ids : [] })
  assert.deepEqual(
    members.kind === 'list' && [...members.ids].sort(),
    [alice.device.aci, bob.device.aci].sort(),
  )
})

test('a reply reaches every member once and the phone as a copy', async () => {
  await using world = await openWorld()
  const { device, alice, bob, group, place } = await gather(world)
  await using running = await run(world)
  void alice.sendText(device, 'hello', { group })
  await running.next()
  const sent = await running.channel.send({ key: 'a', place, text: 'hello family' }, soon())
  assert.equal(sent.kind, 'sent')
  for (const person of [alice, bob]) {
    const message = await person.waitForMessage()
    assert.equal(message.body, 'hello family')
    assert.ok(Buffer.from(message.dataMessage.groupV2?.masterKey ?? []).equals(group.masterKey))
  }
  const { syncMessage } = await world.phone.waitForSyncMessage(
    entry => entry.syncMessage.content?.sent != null,
  )
  assert.equal(syncMessage.content?.sent?.message?.body, 'hello family')
  assert.equal(syncMessage.content?.sent?.destinationServiceIdBinary, null)
})

test('a mention, or an answer to one of our messages, addresses the agent', async () => {
  await using world = await openWorld()
  const { device, alice, group } = await gather(world)
  await using running = await run(world)
  const own = world.phone.device.aciRawUuid
  const say = (extra: object, timestamp: number) =>
    alice.sendRaw(
      device,
      contentOf({
        dataMessage: {
          ...EMPTY_DATA_MESSAGE,
          groupV2: group.toContext(),
          timestamp: BigInt(timestamp),
          ...extra,
        },
      }),
      { timestamp },
    )
  const range = { start: 3, length: 1, associatedValue: { mentionAciBinary: own } }
  void say({ body: 'hi \ufffc, what now?', bodyRanges: [range] }, 1_001)
  const mentioned = await running.next()
  assert.equal(mentioned.text, 'hi @you, what now?')
  assert.equal(mentioned.addressed, true)
  const quote = {
    id: 1n,
    text: 'dinner at 7',
    authorAciBinary: own,
    authorAci: null,
    attachments: null,
    bodyRanges: null,
    type: null,
  }
  void say({ body: 'I agree', quote }, 1_002)
  const answered = await running.next()
  assert.deepEqual(answered.quote, { author: 'Signal user', text: 'dinner at 7', of: 'agent' })
  assert.equal(answered.addressed, true)
})

test('a message encrypted to the group by a sender key is read', async () => {
  await using world = await openWorld()
  const { device, alice, group } = await gather(world)
  await using running = await run(world)
  const distributionId = await alice.sendSenderKey(device)
  void alice.sendText(device, 'with a sender key', { group, distributionId, sealed: true })
  assert.equal((await running.next()).text, 'with a sender key')
})

test('somebody who joins is a member at once, and one who leaves gets nothing more', async () => {
  await using world = await openWorld()
  const { device, alice, bob, group, place } = await gather(world)
  await using running = await run(world)
  void alice.sendText(device, 'hello', { group })
  await running.next()
  const carol = await world.server.createPrimaryDevice({ profileName: 'Carol' })
  const invited = await alice.inviteToGroup(group, carol.device, {
    serviceIdKind: 'PNI' as never,
    sendUpdateTo: [],
  })
  await acquaint(carol, device)
  const joined = await carol.acceptPniInvite(invited, { sendUpdateTo: [{ device, options: {} }] })
  const after = await running.channel.members!(place, soon())
  assert.ok(after.kind === 'list' && after.ids.includes(carol.device.aci))

  await remove(world, joined, alice, bob)
  const left = await currentGroup(world, joined)
  void alice.sendText(device, 'Bob left', { group: left })
  await running.next()
  const members = await running.channel.members!(place, soon())
  assert.ok(members.kind === 'list' && !members.ids.includes(bob.device.aci))
  assert.equal((await running.channel.send({ key: 'a', place, text: 'among us' }, soon())).kind, 'sent')
  assert.equal((await carol.waitForMessage()).body, 'among us')
  assert.equal(bob.getMessageQueueSize(), 0)
})

test('whom the account’s own phone removes gets nothing more, though nobody else said so', async () => {
  await using world = await openWorld()
  const { device, alice, bob, group, place } = await gather(world)
  await acquaint(world.phone, device)
  await using running = await run(world)
  void alice.sendText(device, 'hello', { group })
  await running.next()
  assert.equal((await running.channel.members!(place, soon())).kind, 'list')
  await remove(world, group, world.phone, bob)
  const groupV2 = (await currentGroup(world, group)).toContext()
  const message = { ...EMPTY_DATA_MESSAGE, groupV2, timestamp: 6_000n }
  await world.phone.sendRaw(device, sentOf({ timestamp: 6_000n, message }), { timestamp: 6_000 })
  const members = await running.channel.members!(place, soon())
  assert.ok(members.kind === 'list' && !members.ids.includes(bob.device.aci))
  assert.equal((await running.channel.send({ key: 'a', place, text: 'among us' }, soon())).kind, 'sent')
  assert.equal((await alice.waitForMessage()).body, 'among us')
  assert.equal(bob.getMessageQueueSize(), 0)
})

test('who leaves between two attempts, or while an answer is written, gets nothing of it, though nobody told us', async () => {
  await using world = await openWorld()
  const { device, alice, bob, group, place } = await gather(world)
  await using running = await run(world)
  void alice.sendText(device, 'hello', { group })
  await running.next()
  const say = (key: string) => running.channel.send({ key, place, text: key }, soon())
  const prepare = world.server.prepareMultiDeviceMessage.bind(world.server)
  world.server.prepareMultiDeviceMessage = async (...given) => {
    if (given[1] === bob.device.aci) throw new Error('unavailable')
    return await prepare(...given)
  }
  assert.equal((await say('tried twice')).kind, 'retry')
  world.server.prepareMultiDeviceMessage = prepare
  await remove(world, group, alice, bob)
  assert.equal((await say('tried twice')).kind, 'sent')
  assert.equal((await say('a new one')).kind, 'sent')
  for (const text of ['tried twice', 'a new one']) assert.equal((await alice.waitForMessage()).body, text)
  assert.equal(bob.getMessageQueueSize(), 0)
})

test('members are unknown while a newer revision cannot be read, and nothing is sent meanwhile', async () => {
  await using world = await openWorld()
  const { device, alice, group, place } = await gather(world)
  await using running = await run(world)
  void alice.sendText(device, 'hello', { group })
  await running.next()
  assert.equal((await running.channel.members!(place, soon())).kind, 'list')
  const getGroup = world.server.getGroup.bind(world.server)
  world.server.getGroup = async () => {
    throw new Error('the group server is down')
  }
  const context = { ...group.toContext(), revision: group.revision + 1 }
  const dataMessage = {
    ...EMPTY_DATA_MESSAGE,
    body: 'something changed',
    groupV2: context,
    timestamp: 9_000n,
  }
  void alice.sendRaw(device, contentOf({ dataMessage }), { timestamp: 9_000 })
  await running.next()
  assert.equal((await running.channel.members!(place, soon())).kind, 'unknown')
  assert.equal((await running.channel.send({ key: 'a', place, text: 'private' }, soon())).kind, 'retry')
  world.server.getGroup = getGroup
  // Whoever may have joined is looked at before a text leaves, not while it does.
  assert.equal((await running.channel.send({ key: 'a', place, text: 'private' }, soon())).kind, 'retry')
  // The server says that there was no such revision: whoever claimed it cannot keep the group unknown.
  const signal = soon()
  const again = () => running.channel.send({ key: 'a', place, text: 'private' }, signal)
  let result = await again()
  for (; result.kind === 'retry' && !signal.aborted; result = await again()) await pause(20)
  assert.equal(result.kind, 'sent')
  assert.equal((await running.channel.members!(place, soon())).kind, 'list')
})

test('who joined is heard even while the group cannot be read, and its members are unknown then', async () => {
  await using world = await openWorld()
  const { device, alice, group, place } = await gather(world)
  await using running = await run(world)
  void alice.sendText(device, 'hello', { group })
  await running.next()
  const carol = await friend(world, 'Carol', device)
  world.server.getGroup = async () => {
    throw new Error('the group server is down')
  }
  const context = { ...group.toContext(), revision: group.revision + 1 }
  const dataMessage = { ...EMPTY_DATA_MESSAGE, body: 'I am new', groupV2: context, timestamp: 9_000n }
  void carol.sendRaw(device, contentOf({ dataMessage }), { timestamp: 9_000 })
  assert.equal((await running.next()).text, 'I am new')
  assert.equal((await running.channel.members!(place, soon())).kind, 'unknown')
})

test('a group server that does not answer is not waited for longer than the asker says', async () => {
  await using world = await openWorld()
  const { device, alice, group, place } = await gather(world)
  await using running = await run(world)
  const answer = Promise.withResolvers<undefined>()
  world.server.getGroup = () => answer.promise
  void alice.sendText(device, 'hello', { group })
  assert.equal((await running.next()).text, 'hello')
  assert.equal((await running.channel.members!(place, AbortSignal.timeout(50))).kind, 'unknown')
  answer.resolve(undefined)
})

test('when this account is removed from a group its members are unknown', async () => {
  await using world = await openWorld()
  const { device, alice, group, place } = await gather(world)
  await using running = await run(world)
  void alice.sendText(device, 'hello', { group })
  await running.next()
  await remove(world, group, alice, world.phone)
  void alice.sendText(device, 'bye', { group: await currentGroup(world, group) })
  await running.next()
  assert.equal((await running.channel.members!(place, soon())).kind, 'unknown')
})

test('who is not in a group is not heard there, whatever they know of it', async () => {
  await using world = await openWorld()
  const { device, alice, group } = await gather(world)
  await using running = await run(world)
  const mallory = await friend(world, 'Mallory', device)
  void alice.sendText(device, 'hello', { group })
  await running.next()
  void mallory.sendText(device, 'I am one of you', { group, timestamp: 3_000 })
  void mallory.sendText(device, 'directly', { timestamp: 3_001 })
  const heard = await running.next()
  assert.equal(heard.text, 'directly')
  assert.deepEqual(heard.place, direct(mallory.device.aci))
})

test('a group whose key is made up has no members that anybody knows', async () => {
  await using world = await openWorld()
  const { device, alice } = await gather(world)
  await using running = await run(world)
  const groupV2 = { masterKey: Buffer.alloc(32, 9), revision: 4_000_000_000, groupChange: null }
  const dataMessage = { ...EMPTY_DATA_MESSAGE, body: 'join us', groupV2, timestamp: 9_000n }
  void alice.sendRaw(device, contentOf({ dataMessage }), { timestamp: 9_000 })
  const heard = await running.next()
  assert.equal(heard.place.kind, 'group')
  assert.equal((await running.channel.members!(heard.place, soon())).kind, 'unknown')
})

test('a member whose identity changed counts as nobody known until confirmed', async () => {
  await using world = await openWorld()
  const { device, alice, bob, group, place } = await gather(world)
  await using running = await run(world)
  void bob.sendText(device, 'hello', { group })
  await running.next()
  await reinstall(world, bob)
  await acquaint(bob, device)
  void bob.sendText(device, 'new phone', { group })
  assert.equal((await running.next()).sender.unverified, true)
  const members = await running.channel.members!(place, soon())
  assert.deepEqual(
    members.kind === 'list' && [...members.ids].sort(),
    [alice.device.aci, `${bob.device.aci}:unverified`].sort(),
  )
  running.channel.confirm(bob.device.aci)
  const confirmed = await running.channel.members!(place, soon())
  assert.ok(confirmed.kind === 'list' && confirmed.ids.includes(bob.device.aci))
})

test('a group of 1,000 is read whole, and members who cannot be reached do not keep the message from others', async () => {
  await using world = await openWorld()
  const { device, alice, group, place } = await gather(world)
  await using running = await run(world)
  const state = (await world.server.getGroup(group.publicParams.serialize()))!.state as unknown as {
    members: object[]
  }
  const template = state.members[0]!
  for (let at = 0; at < 997; at += 1) {
    state.members.push({ ...template, userId: group.encryptServiceId(randomUUID() as never) })
  }
  void alice.sendText(device, 'hello, everybody', { group })
  await running.next()
  const members = await running.channel.members!(place, soon())
  assert.equal(members.kind === 'list' && members.ids.length, 999)
  // A busy group server is a reason to try again.
  const signal = soon()
  const attempt = () => running.channel.send({ key: 'a', place, text: 'hello' }, signal)
  let result = await attempt()
  while (result.kind === 'retry' && !signal.aborted) result = await attempt()
  assert.equal(result.kind, 'sent')
  assert.equal((await alice.waitForMessage()).body, 'hello')
})

test('groups of the storage service are known before anybody writes there', async () => {
  await using world = await openWorld()
  const device = await link(world)
  const alice = await friend(world, 'Alice', device)
  const group = await alice.createGroup({ title: 'Quiet', members: [world.phone, alice] })
  const { StorageState } = await import('@signalapp/mock-server')
  await world.phone.setStorageState(StorageState.getEmpty().addGroup(group, { whitelisted: true }))
  await using running = await run(world)
  const place = placeOf(group)
  let known = false
  await until(() => {
    void running.channel.members!(place, soon()).then(members => (known = members.kind === 'list'))
    return known
  })
  assert.equal((await running.channel.send({ key: 'a', place, text: 'a job reports' }, soon())).kind, 'sent')
  assert.equal((await alice.waitForMessage()).body, 'a job reports')
})
