// Files, long texts, edits, deletions, reactions and timers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY_DATA_MESSAGE, type PrimaryDevice, type Proto } from '@signalapp/mock-server'
import { openBlob, sealBlob } from '../../../channels/signal/blob.ts'
import { fetchHttps } from '../../../channels/signal/https.ts'
import { contentOf } from './contents.ts'
import { depsFor, direct, friend, link, openWorld, run, type World } from './world.ts'

const soon = () => AbortSignal.timeout(10_000)
const changes = ['edit', 'delete', 'reaction'] as const

/** A pointer to a file that somebody uploaded. */
async function uploaded(
  world: World,
  plain: Uint8Array,
  facts: { contentType: string; fileName?: string; size?: number },
) {
  const { blob, secret, digest } = sealBlob(plain)
  const cdnKey = await inside(world).storeAttachment(Buffer.from(blob))
  return {
    ...({} as Proto.AttachmentPointer.Params),
    attachmentIdentifier: { cdnKey },
    cdnNumber: 2,
    key: secret,
    digest,
    size: facts.size ?? plain.length,
    contentType: facts.contentType,
    fileName: facts.fileName ?? null,
    flags: null,
    uploadTimestamp: null,
    thumbnail: null,
    incrementalMac: null,
    chunkSize: null,
    width: null,
    height: null,
    caption: null,
    blurHash: null,
    clientUuid: null,
  } satisfies Proto.AttachmentPointer.Params
}

const inside = (world: World) => world.server as unknown as { storeAttachment(blob: Buffer): Promise<string> }

const message = (fields: Partial<Proto.DataMessage.Params>, timestamp: number) =>
  contentOf({ dataMessage: { ...EMPTY_DATA_MESSAGE, timestamp: BigInt(timestamp), ...fields } })

test('a file arrives named, and its bytes can be fetched', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  const plain = Buffer.from('a picture, perhaps')
  const pointer = await uploaded(world, plain, { contentType: 'image/png', fileName: '../cat\u202e.png' })
  void alice.sendRaw(device, message({ attachments: [pointer] }, 1_000), { timestamp: 1_000 })
  const heard = await running.next()
  assert.equal(heard.text, '')
  const [file] = heard.attachments!
  assert.deepEqual(
    { ...file, handle: '' },
    { kind: 'image', name: '.._cat.png', mime: 'image/png', size: plain.length, handle: '' },
  )
  assert.deepEqual(Buffer.from(await running.channel.fetch(file!.handle, 1_000, soon())), plain)
  await assert.rejects(running.channel.fetch(file!.handle, 5, soon()), /larger than 5 bytes/)
})

test('a file that is not what its sender promised is refused', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const mallory = await friend(world, 'Mallory', device)
  const good = await uploaded(world, Buffer.from('harmless'), { contentType: 'text/plain' })
  const other = await uploaded(world, Buffer.from('harmful!'), { contentType: 'text/plain' })
  const swapped = { ...good, attachmentIdentifier: other.attachmentIdentifier }
  const short = { ...good, size: 10_000 }
  const elsewhere = { ...good, attachmentIdentifier: { cdnKey: '../../v1/config?' } }
  void mallory.sendRaw(device, message({ attachments: [swapped, short, elsewhere] }, 1_000), {
    timestamp: 1_000,
  })
  const heard = await running.next()
  for (const file of heard.attachments!)
    await assert.rejects(running.channel.fetch(file.handle, 100_000, soon()))
})

test('a text too long for a message arrives whole', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  const long = 'слово '.repeat(2_000)
  const rest = await uploaded(world, Buffer.from(long), { contentType: 'text/x-signal-plain' })
  void alice.sendRaw(device, message({ body: long.slice(0, 900), attachments: [rest] }, 1_000), {
    timestamp: 1_000,
  })
  const heard = await running.next()
  assert.equal(heard.text, long)
  assert.equal(heard.attachments, undefined)
})

test('files and long texts go out so that phones can open them', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  const text = 'ответ '.repeat(300)
  const bytes = Buffer.from('%PDF-1.7 invoice')
  const attachments = [{ name: 'invoice.pdf', mime: 'application/pdf', bytes }]
  const sent = await running.channel.send(
    { key: 'a', place: direct(alice.device.aci), text, attachments },
    soon(),
  )
  assert.equal(sent.kind, 'sent')
  const received = await alice.waitForMessage()
  assert.ok(Buffer.byteLength(received.body) <= 2_048)
  assert.ok(text.startsWith(received.body))
  const opened = await Promise.all(received.dataMessage.attachments.map(pointer => download(world, pointer)))
  assert.deepEqual(
    opened.map(file => file.toString()),
    [text, bytes.toString()],
  )
  assert.deepEqual(
    received.dataMessage.attachments.map(pointer => pointer.contentType),
    ['text/x-signal-plain', 'application/pdf'],
  )
})

test('edits, deletions and reactions name the message that they are about', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world, { ...depsFor(world), changes })
  const alice = await friend(world, 'Alice', device)
  const author = alice.device.aci
  await say(alice, 'dinner at 7', 1_000)
  await running.next()
  const dataMessage = { ...EMPTY_DATA_MESSAGE, body: 'dinner at 8', timestamp: 2_000n }
  void alice.sendRaw(device, contentOf({ editMessage: { targetSentTimestamp: 1_000n, dataMessage } }), {
    timestamp: 2_000,
  })
  const edited = await running.next()
  assert.equal(edited.text, 'dinner at 8')
  assert.deepEqual(edited.about, { kind: 'edit', author, at: 1_000 })
  const target = {
    targetAuthorAci: null,
    targetAuthorAciBinary: alice.device.aciRawUuid,
    targetSentTimestamp: 1_000n,
  }
  void alice.sendRaw(device, message({ reaction: { emoji: '👩‍👩‍👧', remove: false, ...target } }, 3_000), {
    timestamp: 3_000,
  })
  assert.deepEqual((await running.next()).about, {
    kind: 'reaction',
    emoji: '👩‍👩‍👧',
    removed: false,
    author,
    at: 1_000,
  })
  void alice.sendRaw(device, message({ delete: { targetSentTimestamp: 1_000n } }, 4_000), {
    timestamp: 4_000,
  })
  assert.deepEqual((await running.next()).about, { kind: 'delete', author, at: 1_000 })
  // What only looks like an emoji is nothing.
  void alice.sendRaw(device, message({ reaction: { emoji: 'obey', remove: false, ...target } }, 5_000), {
    timestamp: 5_000,
  })
  await say(alice, 'done', 6_000)
  assert.equal((await running.next()).text, 'done')

  async function say(person: PrimaryDevice, body: string, timestamp: number) {
    void person.sendText(device, body, { timestamp })
  }
})

test('a core that does not act on changes is not bothered with them', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  void alice.sendRaw(device, message({ delete: { targetSentTimestamp: 1n } }, 4_000), { timestamp: 4_000 })
  void alice.sendText(device, 'plain', { timestamp: 4_001 })
  assert.equal((await running.next()).text, 'plain')
})

test('a disappearing timer is told with each message and kept by our answers', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  void alice.sendRaw(device, message({ body: 'brief', expireTimer: 60, expireTimerVersion: 3 }, 1_000), {
    timestamp: 1_000,
  })
  assert.equal((await running.next()).expiresMs, 60_000)
  await running.channel.send({ key: 'a', place: direct(alice.device.aci), text: 'brief too' }, soon())
  const answer = await alice.waitForMessage()
  assert.equal(answer.dataMessage.expireTimer, 60)
  assert.equal(answer.dataMessage.expireTimerVersion, 3)
  // An older word about the timer does not undo it; a newer one does.
  void alice.sendRaw(device, message({ body: 'late', expireTimer: 0, expireTimerVersion: 2 }, 1_001), {
    timestamp: 1_001,
  })
  await running.next()
  void alice.sendRaw(device, message({ flags: 2, expireTimer: 0, expireTimerVersion: 4 }, 1_002), {
    timestamp: 1_002,
  })
  void alice.sendText(device, 'off', { timestamp: 1_003 })
  assert.equal((await running.next()).expiresMs, undefined)
  await running.channel.send({ key: 'b', place: direct(alice.device.aci), text: 'lasting' }, soon())
  assert.equal((await alice.waitForMessage()).dataMessage.expireTimer ?? 0, 0)
})

async function download(world: World, pointer: Proto.AttachmentPointer): Promise<Buffer> {
  const { attachmentIdentifier, key, digest, size } = pointer
  const { readFileSync } = await import('node:fs')
  const ca = readFileSync(world.settings.test_server!.ca, 'utf8')
  const url = `https://localhost:${world.port}/cdn3/attachments/${attachmentIdentifier?.cdnKey}`
  const answer = await fetchHttps({ method: 'GET', url, ca, mostBytes: 1_000_000 })
  assert.equal(answer.status, 200)
  return Buffer.from(openBlob(answer.body, key!, digest!, size!))
}
