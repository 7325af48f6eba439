// What goes out reaches every device once, and what the server objects to is mended or said plainly.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SendResult } from '../../../src/channel.ts'
import { contentOf, resendRequest, syncOf } from './contents.ts'
import {
  acquaint,
  direct,
  friend,
  link,
  open,
  openWorld,
  type Running,
  run,
  soon,
  until,
  watch,
} from './world.ts'

const say = (running: Running, key: string, to: string, text: string): Promise<SendResult> =>
  running.channel.send({ key, place: direct(to), text }, soon())

test('to somebody whose profile key is known a message goes sealed, to others openly', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const carried = watch(world.server)
  const alice = await friend(world, 'Alice', device)
  const bob = await world.server.createPrimaryDevice({ profileName: 'Bob' })
  void alice.sendText(device, 'hi', { withProfileKey: true })
  await running.next()
  assert.equal((await say(running, 'a', alice.device.aci, 'sealed')).kind, 'sent')
  assert.equal((await say(running, 'b', bob.device.aci, 'open')).kind, 'sent')
  assert.equal((await alice.waitForMessage()).body, 'sealed')
  assert.equal((await bob.waitForMessage()).body, 'open')
  const messages = (to: string) => carried.filter(one => one.to === to).map(one => one.sealed)
  assert.equal(messages(alice.device.aci).at(-1), true)
  assert.deepEqual(messages(bob.device.aci), [false])
})

test('when the server does not take the access key the message goes openly', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  void alice.sendText(device, 'hi', { withProfileKey: true })
  await running.next()
  alice.device.accessKey = Buffer.alloc(16, 7)
  assert.equal((await say(running, 'a', alice.device.aci, 'anyway')).kind, 'sent')
  assert.equal((await alice.waitForMessage()).body, 'anyway')
})

test('the same key twice sends one message', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  const first = await say(running, 'same', alice.device.aci, 'once')
  const second = await say(running, 'same', alice.device.aci, 'once')
  assert.deepEqual(first, second)
  await say(running, 'other', alice.device.aci, 'marker')
  assert.equal((await alice.waitForMessage()).body, 'once')
  assert.equal((await alice.waitForMessage()).body, 'marker')
})

test('the phone gets a copy of what was sent, with the same time', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  await say(running, 'a', alice.device.aci, 'copied')
  const message = await alice.waitForMessage()
  const { syncMessage } = await world.phone.waitForSyncMessage(
    entry => entry.syncMessage.content?.sent != null,
  )
  const sent = syncMessage.content?.sent
  assert.equal(sent?.message?.body, 'copied')
  assert.equal(sent?.timestamp, message.dataMessage.timestamp)
  assert.equal(Buffer.from(sent?.destinationServiceIdBinary ?? []).equals(alice.device.aciRawUuid), true)
})

test('a device that somebody adds gets the next message too', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  await say(running, 'a', alice.device.aci, 'to one')
  const second = await world.server.createSecondaryDevice(alice)
  const carried = watch(world.server)
  const devices: number[] = []
  const prepared = world.server.handlePreparedMultiDeviceMessage.bind(world.server)
  world.server.handlePreparedMultiDeviceMessage = async (source, target, list) => {
    if (target === alice.device.aci) devices.push(...list.targets.map(([one]) => one.deviceId))
    await prepared(source, target, list)
  }
  assert.equal((await say(running, 'b', alice.device.aci, 'to both')).kind, 'sent')
  assert.deepEqual(devices.sort(), [alice.device.deviceId, second.deviceId])
  assert.equal(carried.filter(one => one.to === alice.device.aci).length, 2)
})

test('a device that was set up anew is written to with its new keys, and what it wrote before is still read', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  await say(running, 'a', alice.device.aci, 'before')
  await alice.waitForMessage()
  const underWay = await alice.encryptText(device, 'from before', {})
  const changed = alice.device as unknown as { registrationId: number }
  changed.registrationId = (changed.registrationId % 16_000) + 1
  assert.equal((await say(running, 'b', alice.device.aci, 'after')).kind, 'sent')
  assert.equal((await alice.waitForMessage()).body, 'after')
  await world.server.send(device, underWay)
  assert.equal((await running.next()).text, 'from before')
})

test('an account that is gone is refused', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  await say(running, 'a', alice.device.aci, 'before')
  world.server.unregister(alice)
  const refused = await say(running, 'b', alice.device.aci, 'after')
  assert.equal(refused.kind, 'refused')
  const nobody = await say(running, 'c', '00000000-0000-4000-8000-000000000000', 'hello?')
  assert.equal(nobody.kind, 'refused')
})

test('a challenge is a retry that says what the owner can do', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  world.server.rateLimit({ source: device.aci, target: alice.device.aci })
  const limited = await say(running, 'a', alice.device.aci, 'later')
  assert.equal(limited.kind, 'retry')
  assert.match(limited.kind === 'retry' ? limited.reason : '', /phone/)
  world.server.stopRateLimiting({ source: device.aci, target: alice.device.aci })
  assert.equal((await say(running, 'a', alice.device.aci, 'later')).kind, 'sent')
  assert.equal((await alice.waitForMessage()).body, 'later')
})

test('without a connection a send is a retry, and nothing is lost', async () => {
  const world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  await world[Symbol.asyncDispose]()
  const signal = AbortSignal.timeout(200)
  const place = direct(alice.device.aci)
  assert.equal((await running.channel.send({ key: 'a', place, text: 'soon' }, signal)).kind, 'retry')
})

test('a send just after the start waits for the connection', async () => {
  await using world = await openWorld()
  const device = await link(world)
  const alice = await friend(world, 'Alice', device)
  await using running = await open(world)
  assert.equal((await say(running, 'a', alice.device.aci, 'early')).kind, 'sent')
  assert.equal((await alice.waitForMessage()).body, 'early')
})

test('somebody whose device could not read a message gets it again under its first time', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  void alice.sendText(device, 'hi', {})
  await running.next()
  await say(running, 'a', alice.device.aci, 'unreadable')
  const first = await alice.waitForMessage()
  await world.server.send(device, await resendRequest(alice, device, Number(first.dataMessage.timestamp)))
  const second = await alice.waitForMessage()
  assert.equal(second.body, 'unreadable')
  assert.equal(second.dataMessage.timestamp, first.dataMessage.timestamp)
})

test('typing is shown to people of the household if the phone allows it', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  await world.phone.waitForSync(device)
  const alice = await friend(world, 'Alice', device)
  await acquaint(world.phone, device)
  const configuration = {
    readReceipts: true,
    typingIndicators: true,
    unidentifiedDeliveryIndicators: false,
    linkPreviews: false,
    provisioningVersion: null,
  }
  await world.phone.sendRaw(device, contentOf({ syncMessage: syncOf({ configuration }) }))
  const seen: number[] = []
  const inside = alice as unknown as {
    decrypt: (
      ...given: unknown[]
    ) => Promise<{ content: { content: { typingMessage?: { action: number } } } }>
  }
  const decrypt = inside.decrypt.bind(alice)
  inside.decrypt = async (...given) => {
    const result = await decrypt(...given)
    const typing = result.content.content?.typingMessage
    if (typing) seen.push(typing.action)
    return result
  }
  await running.channel.typing?.(direct(alice.device.aci), soon())
  await until(() => seen.length === 1)
  assert.deepEqual(seen, [0])
})
