// Files, long texts, edits, deletions, reactions and timers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY_DATA_MESSAGE } from '@signalapp/mock-server'
import { contentOf, downloaded, message, uploaded } from './contents.ts'
import { direct, friend, link, openWorld, run, soon } from './world.ts'

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
  assert.deepEqual(Buffer.from(await running.channel.fetch!(file!, soon())), plain)
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
  for (const file of heard.attachments!) await assert.rejects(running.channel.fetch!(file, soon()))
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
  const text = 'ответ '.repeat(300).trim()
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
  const opened = await Promise.all(
    received.dataMessage.attachments.map(pointer => downloaded(world, pointer)),
  )
  assert.deepEqual(
    opened.map(file => file.toString()),
    [text, bytes.toString()],
  )
  assert.deepEqual(
    received.dataMessage.attachments.map(pointer => pointer.contentType),
    ['text/x-signal-plain', 'application/pdf'],
  )
})

test('an edit and a deletion name the message that they are about, whatever device they come from', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  void alice.sendText(device, 'dinner at 7', { timestamp: 1_000 })
  const { externalId } = await running.next()
  const dataMessage = { ...EMPTY_DATA_MESSAGE, body: 'dinner at 8', timestamp: 2_000n }
  const edit = contentOf({ editMessage: { targetSentTimestamp: 1_000n, dataMessage } })
  void alice.sendRaw(device, edit, { timestamp: 2_000 })
  const edited = await running.next()
  assert.equal(edited.text, 'dinner at 8')
  assert.deepEqual(edited.revises, { externalId })
  void alice.sendRaw(device, message({ delete: { targetSentTimestamp: 1_000n } }, 4_000), {
    timestamp: 4_000,
  })
  assert.deepEqual((await running.next()).revises, { externalId, deleted: true })
})

test('a reaction to a message of ours arrives, one to others or one that is a text does not', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  const sent = await running.channel.send(
    { key: 'a', place: direct(alice.device.aci), text: 'shall I?' },
    soon(),
  )
  const to = sent.kind === 'sent' ? sent.externalId! : ''
  const at = BigInt(to.split('.')[2]!)
  const react = (emoji: string, author: Uint8Array<ArrayBuffer>, timestamp: number) =>
    alice.sendRaw(
      device,
      message(
        {
          reaction: {
            emoji,
            remove: false,
            targetAuthorAci: null,
            targetAuthorAciBinary: author,
            targetSentTimestamp: at,
          },
        },
        timestamp,
      ),
      { timestamp },
    )
  void react('👍', alice.device.aciRawUuid, 1_001)
  void react('obey me', world.phone.device.aciRawUuid, 1_002)
  void react('👩‍👩‍👧', world.phone.device.aciRawUuid, 1_003)
  assert.deepEqual((await running.next()).reaction, { to, emoji: '👩‍👩‍👧' })
})

test('the agent can react to a message, and take back one of its own', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  const place = direct(alice.device.aci)
  void alice.sendText(device, 'good news', { timestamp: 1_000 })
  const { externalId } = await running.next()
  await running.channel.react!(place, externalId, '🎉', soon())
  const { reaction } = (await alice.waitForMessage()).dataMessage
  assert.equal(reaction?.emoji, '🎉')
  assert.equal(Number(reaction?.targetSentTimestamp), 1_000)
  const sent = await running.channel.send({ key: 'a', place, text: 'oops' }, soon())
  await alice.waitForMessage()
  const own = sent.kind === 'sent' ? sent.externalId! : ''
  await running.channel.withdraw!(place, own, soon())
  const taken = (await alice.waitForMessage()).dataMessage.delete
  assert.equal(Number(taken?.targetSentTimestamp), Number(own.split('.')[2]))
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
