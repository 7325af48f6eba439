// What people write arrives once, whatever way it was encrypted, and what is hostile does no harm.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Net } from '@signalapp/libsignal-client'
import { EMPTY_DATA_MESSAGE, Proto, ServiceIdKind } from '@signalapp/mock-server'
import { contentOf, forgedCertificate, sentOf, syncOf } from './contents.ts'
import { acquaint, depsFor, direct, friend, link, openWorld, reinstall, run, soon, until } from './world.ts'

test('a prekey message, a ratchet message and a sealed message arrive in order', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  void alice.sendText(device, 'one', { timestamp: 1_001, withProfileKey: true })
  const first = await running.next()
  assert.equal(first.text, 'one')
  assert.equal(first.externalId, `${alice.device.aci}.1.1001`)
  assert.equal(first.at, 1_001)
  assert.deepEqual(first.place, direct(alice.device.aci))
  assert.deepEqual(first.sender, { channel: 'signal', id: alice.device.aci, name: 'Alice' })
  // Our delivery receipt turns the ratchet; from then on their messages are no prekey messages.
  const receipt = await alice.waitForReceipt()
  assert.deepEqual(receipt.receiptMessage.timestamp.map(Number), [1_001])
  void alice.sendText(device, 'two', { timestamp: 1_002 })
  assert.equal((await running.next()).text, 'two')
  void alice.sendText(device, 'three', { timestamp: 1_003, sealed: true })
  assert.equal((await running.next()).text, 'three')
})

test('a message to the phone number arrives, and the answer proves that number and account are one', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await world.server.createPrimaryDevice({ profileName: 'Alice' })
  await acquaint(alice, device, ServiceIdKind.PNI)
  void alice.sendText(device, 'to your number', { serviceIdKind: ServiceIdKind.PNI })
  assert.equal((await running.next()).text, 'to your number')
  const sent = await running.channel.send({ key: 'a', place: direct(alice.device.aci), text: 'here' }, soon())
  assert.equal(sent.kind, 'sent')
  const answer = await alice.waitForMessage()
  assert.equal(answer.body, 'here')
  const proof = answer.content.pniSignatureMessage
  assert.ok(proof?.pni && proof.signature)
  assert.equal(
    Buffer.from(proof.pni).toString('hex'),
    world.phone.device.pni?.replace('PNI:', '').replaceAll('-', ''),
  )
})

test('the same envelope twice is one message', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  const envelope = await alice.encryptText(device, 'once', {})
  await world.server.send(device, envelope)
  await world.server.send(device, envelope)
  await alice.sendText(device, 'after', {})
  assert.equal((await running.next()).text, 'once')
  assert.equal((await running.next()).text, 'after')
})

test('envelopes in the wrong order all arrive', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  // Phones give no two messages one time: the time names the message, and what shares it is a repeat.
  const envelopes = []
  for (const [at, text] of ['a', 'b', 'c', 'd'].entries())
    envelopes.push(await alice.encryptText(device, text, { timestamp: 20_000 + at }))
  for (const at of [2, 0, 3, 1]) await world.server.send(device, envelopes[at]!)
  const heard = [await running.next(), await running.next(), await running.next(), await running.next()]
  assert.deepEqual(
    heard.map(message => message.text),
    ['c', 'a', 'd', 'b'],
  )
})

test('a message encrypted anew under the time of one that was heard is that one, not another', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  for (const text of ['once', 'once'])
    await world.server.send(device, await alice.encryptText(device, text, { timestamp: 30_000 }))
  await alice.sendText(device, 'after', { timestamp: 30_001 })
  while (running.heard.at(-1)?.text !== 'after') await running.next()
  // Heard twice at most by a channel that handed it on between; by its name the core knows it.
  const names = new Set(running.heard.map(({ externalId }) => externalId.split('.').at(-1)))
  assert.deepEqual([...names], ['30000', '30001'])
})

test('a burst of 200 messages arrives whole and in order', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  const sends = []
  for (let at = 0; at < 200; at += 1) {
    sends.push(
      world.server.send(device, await alice.encryptText(device, `message ${at}`, { timestamp: 10_000 + at })),
    )
  }
  await Promise.all(sends)
  await until(() => running.heard.length === 200)
  assert.deepEqual(
    running.heard.map(message => message.text),
    Array.from({ length: 200 }, (_, at) => `message ${at}`),
  )
})

test('a damaged message is asked for again, and later ones still arrive', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  void alice.sendText(device, 'before', {})
  assert.equal((await running.next()).text, 'before')
  await alice.waitForReceipt()
  const envelope = Proto.Envelope.decode(await alice.encryptText(device, 'damaged', { timestamp: 77_000 }))
  const content = Buffer.from(envelope.content!)
  content[content.length - 20]! ^= 0xff
  await world.server.send(device, Buffer.from(Proto.Envelope.encode({ ...envelope, content })))
  const asked = await alice.waitForDecryptionError()
  assert.equal(asked.timestamp, 77_000)
  assert.equal(asked.senderDevice, alice.device.deviceId)
  void alice.sendText(device, 'after', {})
  assert.equal((await running.next()).text, 'after')
})

test('a damaged message that cannot be asked for again keeps nobody else from being heard', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const mallory = await friend(world, 'Mallory', device)
  const alice = await friend(world, 'Alice', device)
  const { fetch } = Net.AuthenticatedChatConnection.prototype
  using _limited = {
    [Symbol.dispose]: () => void (Net.AuthenticatedChatConnection.prototype.fetch = fetch),
  }
  let refused = 0
  Net.AuthenticatedChatConnection.prototype.fetch = async function (
    this: Net.AuthenticatedChatConnection,
    request,
    options,
  ) {
    if (!request.path.startsWith(`/v2/keys/${mallory.device.aci}`))
      return await fetch.call(this, request, options)
    refused += 1
    return { status: 429, message: 'Too Many Requests', headers: [], body: undefined }
  } as typeof fetch
  const envelope = Proto.Envelope.decode(await mallory.encryptText(device, 'damaged', { timestamp: 77_000 }))
  const content = Buffer.from(envelope.content!)
  content[content.length - 20]! ^= 0xff
  await world.server.send(device, Buffer.from(Proto.Envelope.encode({ ...envelope, content })))
  assert.equal(refused, 1)
  assert.equal(running.channel.state().kind, 'connected')
  void alice.sendText(device, 'unharmed', { timestamp: 77_001 })
  assert.equal((await running.next()).text, 'unharmed')
})

test('what is no envelope, no content, badly padded or for somebody else is dropped quietly', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  const good = Proto.Envelope.decode(await alice.encryptText(device, 'misdirected', {}))
  const elsewhere = { ...good, destinationServiceIdBinary: alice.device.aciBinary }
  const noSource = { ...good, sourceServiceIdBinary: null, sourceDeviceId: null }
  const strange = { ...good, type: 8 as const, content: Buffer.from('plain words') }
  for (const hostile of [
    Buffer.from('not a protobuf at all \xff\xff\xff'),
    Buffer.alloc(0),
    Buffer.from(Proto.Envelope.encode({ ...good, content: Buffer.alloc(0), type: 6 })),
    ...[elsewhere, noSource, strange].map(envelope => Buffer.from(Proto.Envelope.encode(envelope))),
  ]) {
    await world.server.send(device, hostile)
  }
  void alice.sendText(device, 'still here', {})
  assert.equal((await running.next()).text, 'still here')
})

test('a sealed message is dropped when nobody we trust vouches for its sender', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const mallory = await friend(world, 'Mallory', device)
  const inside = mallory as unknown as { privSenderCertificate: unknown }
  const honest = inside.privSenderCertificate
  inside.privSenderCertificate = await forgedCertificate(mallory.device)
  void mallory.sendText(device, 'I am Alice', { sealed: true })
  inside.privSenderCertificate = honest
  await new Promise(resolve => setImmediate(resolve))
  void mallory.sendText(device, 'honest', { sealed: true })
  assert.equal((await running.next()).text, 'honest')
})

test('a message that claims another time than its envelope is dropped', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const mallory = await friend(world, 'Mallory', device)
  const dataMessage = { ...EMPTY_DATA_MESSAGE, body: 'backdated', timestamp: 5n }
  void mallory.sendRaw(device, contentOf({ dataMessage }), { timestamp: 9_000 })
  void mallory.sendText(device, 'dated', { timestamp: 9_001 })
  assert.equal((await running.next()).text, 'dated')
})

test('names with line breaks and direction tricks are shown harmless', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const mallory = await friend(world, 'Alice\u202e\n\u0007 (owner)\u200b', device)
  void mallory.sendText(device, 'hi', { withProfileKey: true })
  assert.equal((await running.next()).sender.name, 'Alice (owner)')
})

test('a changed identity marks the sender until the owner confirms', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const { channel } = running
  const bob = await friend(world, 'Bob', device)
  const place = direct(bob.device.aci)
  void bob.sendText(device, 'it is me', {})
  assert.equal((await running.next()).sender.unverified, undefined)
  await bob.waitForReceipt()
  await reinstall(world, bob)
  await acquaint(bob, device)
  void bob.sendText(device, 'it is still me', { withProfileKey: true })
  const doubtful = await running.next()
  assert.equal(doubtful.sender.unverified, true)
  assert.deepEqual(
    channel.unverified().map(({ id }) => id),
    [bob.device.aci],
  )

  const signal = soon()
  const secret = await channel.send({ key: 'job', place, text: 'written for the Bob of before' }, signal)
  assert.equal(secret.kind, 'refused')
  const answer = await channel.send(
    { key: 'answer', place, text: 'who are you?', answers: doubtful.externalId },
    signal,
  )
  assert.equal(answer.kind, 'sent')
  const asked = await bob.waitForMessage()
  assert.equal(asked.body, 'who are you?')
  // Like any stranger they get no key to our profile.
  assert.equal(asked.dataMessage.profileKey?.length ?? 0, 0)

  assert.equal(channel.confirm(bob.device.aci), true)
  assert.equal(channel.confirm(bob.device.aci), false)
  void bob.sendText(device, 'thanks', {})
  assert.equal((await running.next()).sender.unverified, undefined)
  assert.equal((await channel.send({ key: 'job-2', place, text: 'for Bob' }, signal)).kind, 'sent')
})

test('a note to self is a message from the owner, and its answer reaches the phone', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  await acquaint(world.phone, device)
  const own = world.phone.device.aci
  void world.server.send(
    device,
    await world.phone.encryptSyncSent(device, 'remind me', { timestamp: 4_000, destinationServiceId: own }),
  )
  const heard = await running.next()
  assert.equal(heard.text, 'remind me')
  assert.equal(heard.externalId, `${own}.1.4000`)
  assert.deepEqual(heard.place, direct(own))
  const sent = await running.channel.send({ key: 'a', place: direct(own), text: 'noted' }, soon())
  assert.equal(sent.kind, 'sent')
  const { syncMessage } = await world.phone.waitForSyncMessage(
    entry => entry.syncMessage.content?.sent != null,
  )
  assert.equal(syncMessage.content?.sent?.message?.body, 'noted')
  // Edited on the phone, it takes the place of what was noted first.
  const editMessage = {
    targetSentTimestamp: 4_000n,
    dataMessage: { ...EMPTY_DATA_MESSAGE, body: 'remind me of milk', timestamp: 4_001n },
  }
  const edited = { timestamp: 4_001n, destinationServiceId: own, editMessage }
  await world.phone.sendRaw(device, sentOf(edited), { timestamp: 4_001 })
  const revised = await running.next()
  assert.equal(revised.text, 'remind me of milk')
  assert.deepEqual(revised.revises, { externalId: `${own}.1.4000` })
})

test('what the owner writes to others on the phone is nothing for the gateway', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  await acquaint(world.phone, device)
  const options = { timestamp: 4_000, destinationServiceId: alice.device.aci }
  await world.server.send(device, await world.phone.encryptSyncSent(device, 'private to Alice', options))
  void alice.sendText(device, 'to the gateway', {})
  assert.equal((await running.next()).text, 'to the gateway')
})

test('a number change moves the number identity to the new keys', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  await acquaint(world.phone, device)
  await world.phone.changeNumber()
  const alice = await world.server.createPrimaryDevice({ profileName: 'Alice' })
  await acquaint(alice, device, ServiceIdKind.PNI)
  void alice.sendText(device, 'to your new number', { serviceIdKind: ServiceIdKind.PNI })
  assert.equal((await running.next()).text, 'to your new number')
})

test('contacts of the phone give names and numbers, and blocked people are not heard', async () => {
  await using world = await openWorld({ contacts: ['Bob'] })
  const device = await link(world)
  await using running = await run(world)
  const [bob] = world.contacts
  await world.phone.waitForSync(device)
  await acquaint(bob!, device)
  await acquaint(world.phone, device)
  // The list is fetched on the side; until then a contact has no name.
  let name = ''
  while (name !== 'Bob') {
    void bob!.sendText(device, 'hi', {})
    name = (await running.next()).sender.name
  }

  const mallory = await friend(world, 'Mallory', device)
  const blocked = { numbers: null, groupIds: null, acisBinary: [mallory.device.aciRawUuid], acis: null }
  await world.phone.sendRaw(device, contentOf({ syncMessage: syncOf({ blocked }) }))
  void mallory.sendText(device, 'psst', {})
  void bob!.sendText(device, 'again', {})
  assert.equal((await running.next()).text, 'again')
})

test('strangers get no receipts', async () => {
  await using world = await openWorld()
  const device = await link(world)
  const alice = await friend(world, 'Alice', device)
  const mallory = await friend(world, 'Mallory', device)
  await using running = await run(
    world,
    depsFor(world, identity => identity === `signal:${alice.device.aci}`),
  )
  void mallory.sendText(device, 'am I known?', {})
  await running.next()
  void alice.sendText(device, 'I am', {})
  await running.next()
  await alice.waitForReceipt()
  assert.equal(mallory.getReceiptQueueSize(), 0)
})

test('a read message is receipted as read if the phone allows it, and synced to the phone', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  await world.phone.waitForSync(device)
  const alice = await friend(world, 'Alice', device)
  void alice.sendText(device, 'read me', { timestamp: 6_000 })
  await running.next()
  const types = [await alice.waitForReceipt(), await alice.waitForReceipt()].map(
    entry => entry.receiptMessage.type,
  )
  assert.deepEqual(types, [Proto.ReceiptMessage.Type.DELIVERY, Proto.ReceiptMessage.Type.READ])
  const { syncMessage } = await world.phone.waitForSyncMessage(entry => entry.syncMessage.read.length > 0)
  assert.equal(Number(syncMessage.read[0]?.timestamp), 6_000)
})
