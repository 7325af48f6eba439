// Signal through the real program: linked by its own command, then people write to the running gateway.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { EMPTY_DATA_MESSAGE as emptyData, Proto, ServiceIdKind } from '@signalapp/mock-server'
import Database from 'better-sqlite3'
import {
  contentOf,
  forgedCertificate,
  message,
  rawEnvelope,
  resendRequest,
  syncOf,
  uploaded,
} from '../channels/signal/contents.ts'
import { acquaint, reinstall } from '../channels/signal/world.ts'
import { runCoop } from '../support/coop.ts'
import { newest, say, use, wordsIn } from '../support/fake-anthropic.ts'
import { filesHolding } from '../support/holding.ts'
import { openPhone } from '../support/signal-phone.ts'
import { openIn, openSignalStage, type SignalStage } from '../support/signal-stage.ts'
import { until } from '../support/until.ts'

let stage: SignalStage
let linked: string
before(async () => {
  stage = await openSignalStage({ idle: true })
  linked = await stage.link()
  await stage.start()
  await stage.world.phone.waitForSync(stage.agent)
})
// What a test left unread is nothing to the next one.
beforeEach(async () => {
  await stage.settle()
  stage.model.otherwise = ({ body }) => say(`heard: ${newest(body)}`)
})
after(() => stage[Symbol.asyncDispose]())

const asked = (words: string) =>
  until(`the model is asked “${words}”`, () =>
    stage.model.requests.find(({ body }) => newest(body).includes(words)),
  )
/** The owner hears where they were met last. */
const toOwner = (words: RegExp) =>
  until(`the owner hears ${words}`, () =>
    [...stage.alice.texts(), ...stage.telegram.sent(1001).map(sent => sent.text)].find(text =>
      words.test(text),
    ),
  )
function count(sql: string, ...values: string[]): number {
  const db = new Database(stage.home.database, { readonly: true })
  try {
    return (
      db
        .prepare<string[], number>(sql)
        .pluck()
        .get(...values) ?? 0
    )
  } finally {
    db.close()
  }
}
/** Waits until the gateway has a message. */
const stored = (text: string) =>
  until(
    `“${text}” is stored`,
    () => count("SELECT count(*) FROM inbox WHERE body ->> '$.text' = ?", text) > 0,
  )
const open = () => openIn(stage.home.database)

test('the command shows a code with its address, and says which number it linked', async () => {
  assert.match(linked, /█/)
  assert.match(linked, /number of the agent’s own/)
  assert.match(linked, new RegExp(`Linked to \\${stage.world.phone.device.number} as device 2\\.`))
  const { stdout } = await runCoop(stage.home, ['channels'])
  assert.match(stdout, /signal\s+connected/)
})

test('a second client of the same keys is refused while the gateway runs', async () => {
  const { code, stderr } = await runCoop(stage.home, ['signal', 'unlink'])
  assert.equal(code, 4)
  assert.match(stderr, /in use by another Coop; stop it first/)
})

test('a person is answered, with the receipts and the copy on the phone that Signal people expect', async () => {
  const { alice, account } = stage
  const at = await alice.write('good morning')
  const answer = await alice.reply()
  assert.equal(answer.body, 'heard: good morning')
  const receipts = await until('both receipts', () => {
    const mine = alice.receipts().filter(({ timestamps }) => timestamps.includes(at))
    return mine.length === 2 && mine
  })
  assert.deepEqual(receipts.map(({ type }) => type).sort(), [0, 1])
  const sent = await until('the copy', () =>
    account.syncs().find(({ content }) => content?.sent?.message?.body === 'heard: good morning'),
  )
  assert.equal(sent.content?.sent?.timestamp, answer.timestamp)
  await until('that it was read', () =>
    account.syncs().some(({ read }) => read.some(({ timestamp }) => Number(timestamp) === at)),
  )
})

test('typing is shown while the model works, as the phone’s settings allow', async () => {
  const { alice, world, agent, model } = stage
  const configuration = {
    readReceipts: true,
    typingIndicators: true,
    unidentifiedDeliveryIndicators: false,
    linkPreviews: false,
    provisioningVersion: null,
  }
  await world.phone.sendRaw(agent, contentOf({ syncMessage: syncOf({ configuration }) }))
  model.next(say('done', { delayMs: 400 }))
  await alice.write('take your time')
  assert.equal((await alice.reply()).body, 'done')
  await until('typing', () => alice.typing() > 0)
})

test('a sealed message is answered sealed, and one to the phone number is answered from the account', async () => {
  const { bob, agent } = stage
  await bob.write('sealed', { sealed: true })
  assert.equal((await bob.reply()).body, 'heard: sealed')
  await acquaint(bob.device, agent, ServiceIdKind.PNI)
  void bob.device.sendText(agent, 'by number', { serviceIdKind: ServiceIdKind.PNI, timestamp: Date.now() })
  assert.equal((await bob.reply()).body, 'heard: by number')
  const proof = bob.got.find(({ content }) => content?.dataMessage?.body === 'heard: by number')
  assert.ok(proof?.pniSignatureMessage?.signature)
})

test('a stranger waits, unheard and without receipts, under the name of their profile; let in, they are answered', async () => {
  const { mallory, model, home } = stage
  const before = model.requests.length
  await mallory.write('let me in \u202e')
  const told = await mallory.reply()
  const code = /code ([A-Z2-9]+)/.exec(told.body ?? '')?.[1]
  assert.ok(code)
  await toOwner(/Mallory wrote to me on signal and is not known/)
  const { stdout } = await runCoop(home, ['users'])
  assert.match(stdout, new RegExp(`${code}  Mallory  signal:${mallory.aci}`))
  await mallory.write('hello?')
  const approved = await runCoop(home, ['users', 'approve', code, '--as', 'Mallory', '--trust', 'familiar'])
  assert.equal(approved.code, 0, approved.stderr)
  assert.equal(model.requests.length, before)
  assert.deepEqual(mallory.receipts(), [])
  assert.equal(mallory.typing(), 0)
  assert.equal(told.profileKey?.length ?? 0, 0)
  await mallory.write('and now?')
  assert.equal((await mallory.reply()).body, 'heard: and now?')
  await until('receipts', () => mallory.receipts().length > 0)
})

test('in a group the agent answers who mentions it, everybody reads it once, and it answers with a quote', async () => {
  const { alice, bob, family, world, model } = stage
  const own = world.phone.device.aciRawUuid
  const quiet = model.requests.length
  await alice.write('just between us', { group: family })
  const range = { start: 0, length: 1, associatedValue: { mentionAciBinary: own } }
  const at = await bob.write('', {
    group: family,
    fields: { body: '\ufffc what is for dinner?', bodyRanges: [range] },
  })
  const [toAlice, toBob] = [await alice.reply(), await bob.reply()]
  assert.equal(toAlice.body, toBob.body)
  assert.match(toBob.body ?? '', /what is for dinner\?/)
  assert.equal(Number(toBob.quote?.id), at)
  assert.equal(model.requests.length, quiet + 1)
  const request = JSON.stringify(model.requests.at(-1)!.body.messages)
  assert.match(request, /just between us/)
  assert.ok(Buffer.from(toBob.groupV2?.masterKey ?? []).equals(family.masterKey))
})

test('the agent mentions a member by name, and a sender-key message of a member is heard', async () => {
  const { alice, bob, family, world, agent, model } = stage
  const distributionId = await alice.device.sendSenderKey(agent)
  const timestamp = Date.now()
  void alice.device.sendText(agent, 'by sender key', {
    group: family,
    distributionId,
    sealed: true,
    timestamp,
  })
  await stored('by sender key')
  model.next(say('@Alice it is your turn'))
  const quote = {
    id: 1n,
    text: 'dinner',
    authorAciBinary: world.phone.device.aciRawUuid,
    authorAci: null,
    attachments: null,
    bodyRanges: null,
    type: null,
  }
  await bob.write('whose turn is it?', { group: family, fields: { quote } })
  const answer = await alice.reply()
  await bob.reply()
  assert.equal(answer.body, '\ufffc it is your turn')
  assert.deepEqual(
    answer.bodyRanges.map(({ associatedValue }) => Buffer.from(associatedValue?.mentionAciBinary ?? [])),
    [Buffer.from(alice.device.device.aciRawUuid)],
  )
  const request = JSON.stringify(model.requests.at(-1)!.body.messages)
  assert.match(request, /by sender key/)
  assert.match(request, /in answer to you: “dinner”/)
})

test('a picture reaches the model, and a long answer comes whole', async () => {
  const { alice, world, model } = stage
  const png = Buffer.from('89504e470d0a1a0a', 'hex')
  const pointer = await uploaded(world, png, { contentType: 'image/png', fileName: 'cat.png' })
  model.next(say('слово '.repeat(330).trim()))
  await alice.write('what is this?', { fields: { attachments: [pointer] } })
  const answer = await alice.reply()
  const request = JSON.stringify((await asked('what is this?')).body.messages)
  assert.match(request, /"media_type":"image\/png"/)
  assert.match(request, /cat\.png/)
  assert.equal(answer.attachments[0]?.contentType, 'text/x-signal-plain')
  assert.equal(answer.attachments[0]?.size, Buffer.byteLength('слово '.repeat(330).trim()))
})

test('an answer longer than anybody reads in a chat is its beginning and a file with all of it', async () => {
  const { alice, model } = stage
  const words = Array.from({ length: 5_000 }, (_, n) => `word${n}`).join(' ')
  model.next(say(words))
  await alice.write('tell me everything')
  for (let message = 1; message < 10; message++) assert.equal((await alice.reply()).attachments.length, 0)
  const last = await alice.reply()
  assert.match(last.body ?? '', /The file holds all of it/)
  assert.equal(last.attachments[0]?.fileName, 'reply.md')
  assert.equal(last.attachments[0]?.size, Buffer.byteLength(words))
})

test('the agent reacts to a message; a reaction answers its question', async () => {
  const { alice, bob, model, world } = stage
  model.next(use('react', { emoji: '👍' }), say('Noted.'))
  const at = await alice.write('I fed the cat')
  assert.equal((await alice.reply()).body, 'Noted.')
  const reaction = alice.messages().find(message => message.reaction)?.reaction
  assert.equal(reaction?.emoji, '👍')
  assert.equal(Number(reaction?.targetSentTimestamp), at)
  model.next(use('message', { to: 'Bob', text: 'Dinner is at eight.' }))
  await alice.write('tell Bob')
  const question = await alice.reply()
  assert.match(question.body ?? '', /Dinner is at eight/)
  await alice.send(timestamp => ({
    dataMessage: {
      ...({} as object),
      ...emptyData,
      timestamp: BigInt(timestamp),
      reaction: {
        emoji: '👍',
        remove: false,
        targetAuthorAci: null,
        targetAuthorAciBinary: world.phone.device.aciRawUuid,
        targetSentTimestamp: question.timestamp ?? 0n,
      },
    },
  }))
  assert.match((await bob.reply()).body ?? '', /Dinner is at eight\./)
  assert.equal((await alice.reply()).body, 'Approved.')
  assert.match((await alice.reply()).body ?? '', /heard: /)
})

test('a message edited before it is answered is answered as it reads then, and one taken back is not answered', async () => {
  const { bob, model } = stage
  model.next(say('slow', { delayMs: 500 }))
  await bob.write('one')
  await asked('one')
  const edited = await bob.write('meet at seven')
  const taken = await bob.write('forget it')
  await bob.send(timestamp => ({
    editMessage: {
      targetSentTimestamp: BigInt(edited),
      dataMessage: { ...emptyData, body: 'meet at eight', timestamp: BigInt(timestamp) },
    },
  }))
  await bob.send(timestamp => message({ delete: { targetSentTimestamp: BigInt(taken) } }, timestamp).content!)
  assert.equal((await bob.reply()).body, 'slow')
  assert.equal((await bob.reply()).body, 'heard: meet at eight')
  await bob.write('last')
  assert.equal((await bob.reply()).body, 'heard: last')
})

test('a damaged message is asked for again; one that a phone could not read is sent again', async () => {
  const { bob, world, agent } = stage
  const envelope = Proto.Envelope.decode(await bob.seal('damaged'))
  const content = Buffer.from(envelope.content!)
  content[content.length - 20]! ^= 0xff
  await world.server.send(agent, Buffer.from(Proto.Envelope.encode({ ...envelope, content })))
  await until('the request', () => bob.got.some(({ content: it }) => it?.decryptionErrorMessage))
  await bob.write('after')
  const first = await bob.reply()
  assert.equal(first.body, 'heard: after')
  await until('nothing is open', () => open() === 0)
  await world.server.send(agent, await resendRequest(bob.device, agent, Number(first.timestamp)))
  const again = await bob.reply()
  assert.deepEqual([again.body, again.timestamp], [first.body, first.timestamp])
})

test('hostile envelopes are dropped: no protobuf, wrong padding, broken contents, repeats, another time, a forged certificate', async () => {
  const { bob, carol, world, agent, model } = stage
  const before = model.requests.length
  const sealed = await bob.seal('once')
  const good = Proto.Envelope.decode(sealed)
  for (const hostile of [
    Buffer.from('not a protobuf at all \xff\xff\xff'),
    Buffer.alloc(0),
    Buffer.from(Proto.Envelope.encode({ ...good, content: Buffer.alloc(0), type: 6 })),
    Buffer.from(Proto.Envelope.encode({ ...good, sourceServiceIdBinary: null, sourceDeviceId: null })),
    Buffer.from(Proto.Envelope.encode({ ...good, destinationServiceIdBinary: bob.device.device.aciBinary })),
    Buffer.from(Proto.Envelope.encode({ ...good, type: 8, content: Buffer.from('plain words') })),
    await rawEnvelope(bob.device, agent, Buffer.from('no padding')),
    await rawEnvelope(bob.device, agent, Buffer.alloc(160)),
    await rawEnvelope(bob.device, agent, Buffer.from([0x0a, 0x05, 0x01, 0x80])),
    await rawEnvelope(bob.device, agent, Buffer.from([0xff, 0xff, 0xff, 0xff, 0x80])),
  ])
    await world.server.send(agent, hostile)
  const [second, first] = [await bob.seal('second'), sealed]
  for (const bytes of [second, first, second, first]) await world.server.send(agent, bytes)
  const inside = carol.device as unknown as { privSenderCertificate: unknown }
  const honest = inside.privSenderCertificate
  inside.privSenderCertificate = await forgedCertificate(carol.device.device)
  await carol.write('I am Alice', { sealed: true })
  inside.privSenderCertificate = honest
  await carol.send(timestamp => message({ body: 'backdated' }, timestamp - 5).content!)
  await carol.write('honest', { sealed: true })
  assert.equal((await carol.reply()).body, 'heard: honest')
  await until('nothing is open', () => open() === 0)
  const heard = new Set(model.requests.slice(before).flatMap(({ body }) => wordsIn(body)))
  assert.ok(heard.has('once') && heard.has('second'))
  assert.equal(count("SELECT count(*) FROM inbox WHERE body ->> '$.text' IN ('once', 'second')"), 2)
  assert.ok(![...heard].some(text => /I am Alice|backdated|plain words/.test(text)))
})

test('a burst of 200 messages of four people is answered whole, each person in order', async () => {
  const { alice, bob, carol, mallory, model } = stage
  const people = [alice, bob, carol, mallory]
  const seen: string[] = []
  model.otherwise = ({ body }) => {
    seen.push(...wordsIn(body))
    return say('ok')
  }
  for (let at = 0; at < 50; at += 1)
    for (const person of people) await person.write(`${person.name} says ${at};`)
  for (const person of people) {
    const all = Array.from({ length: 50 }, (_, at) => `${person.name} says ${at};`)
    await until(`all of ${person.name}`, () => all.every(text => seen.includes(text)), 240_000)
    const order = [...new Set(seen.filter(text => text.startsWith(person.name)))]
    assert.deepEqual(order, all)
  }
  await until('nothing is open', () => open() === 0, 240_000)
})

test('what a chat forgets is gone here too: words, reply, memory and file, to the last byte', async () => {
  const { bob, world, home } = stage
  const timer = { expireTimer: 3, expireTimerVersion: 2 }
  const file = await uploaded(world, Buffer.from('blueprint 55182'), {
    contentType: 'text/plain',
    fileName: 'plan.txt',
  })
  await bob.write('the vault opens with 99317', { fields: { ...timer, attachments: [file] } })
  const answer = await bob.reply()
  assert.deepEqual([answer.expireTimer, answer.expireTimerVersion], [3, 2])
  assert.match(answer.body ?? '', /99317/)
  assert.ok(filesHolding(home.dir, '99317').length > 0)
  // Without a proven box there is no folder that keeps it.
  const kept = /kept as ([^\]"]+)/.exec(JSON.stringify((await asked('99317')).body))?.[1]
  if (kept) assert.equal(filesHolding(join(home.dir, 'workspaces'), '55182').length, 1)
  let holding: string[] = []
  await until('nothing of it is left', () => {
    holding = [...filesHolding(home.dir, '99317'), ...filesHolding(home.dir, '55182')]
    return holding.length === 0
  }).catch(() => assert.deepEqual(holding, []))
  await bob.write('what did I say?', { fields: { expireTimer: 0, expireTimerVersion: 3 } })
  assert.equal((await bob.reply()).expireTimer ?? 0, 0)
  assert.doesNotMatch(JSON.stringify((await asked('what did I say?')).body), /99317|blueprint|plan\.txt/)
})

test('a number change moves the agent’s number', async () => {
  const { world, bob, agent } = stage
  await world.phone.changeNumber()
  await acquaint(bob.device, agent, ServiceIdKind.PNI)
  void bob.device.sendText(agent, 'to the new number', {
    serviceIdKind: ServiceIdKind.PNI,
    timestamp: Date.now(),
  })
  assert.equal((await bob.reply()).body, 'heard: to the new number')
})

test('whose identity changed is answered as a stranger, and the owner is told, until the owner confirms', async () => {
  const { alice, bob, world, agent, model } = stage
  await bob.write('my secret is 4711')
  await bob.reply()
  await reinstall(world, bob.device)
  await bob.meet(agent)
  await bob.write('what was my secret?')
  assert.equal((await bob.reply()).body, 'heard: what was my secret?')
  assert.doesNotMatch(JSON.stringify((await asked('what was my secret?')).body), /4711/)
  const told = await toOwner(/The signal identity of Bob has changed/)
  const command = /\/confirm signal:\S+/.exec(told)![0]
  await alice.write(command)
  await toOwner(/is trusted as before/)
  await bob.write('it is me')
  assert.equal((await bob.reply()).body, 'heard: it is me')
  assert.ok(wordsIn(model.requests.at(-1)!.body).includes('my secret is 4711'))
})

test('who joins a group while an answer is written gets nothing of it, nor of what was said before', async () => {
  const { alice, bob, family, world, agent, model } = stage
  const mallory = await openPhone(world, 'Mallory')
  await mallory.meet(agent)
  const own = world.phone.device.aciRawUuid
  const mention = { start: 0, length: 1, associatedValue: { mentionAciBinary: own } }
  const ask = (text: string, group = family) =>
    bob.write('', { group, fields: { body: `\ufffc ${text}`, bodyRanges: [mention] } })
  let joined = family
  model.otherwise = async () => {
    const invited = await alice.device.inviteToGroup(family, mallory.device.device, {
      serviceIdKind: ServiceIdKind.PNI,
      sendUpdateTo: [],
    })
    joined = await mallory.device.acceptPniInvite(invited, { sendUpdateTo: [{ device: agent, options: {} }] })
    return say('the gate code is 1234')
  }
  await ask('what is the gate code?')
  await toOwner(/A reply in Family was held back/)
  assert.deepEqual([bob.texts(), mallory.texts()], [[], []])
  model.otherwise = ({ body }) => say(`heard: ${newest(body)}`)
  await ask('and who is here?', joined)
  for (const member of [bob, mallory]) assert.match((await member.reply()).body ?? '', /who is here/)
  assert.doesNotMatch(JSON.stringify(model.requests.at(-1)!.body), /gate code|dinner/)
})

test('a group of 1,000 is answered; of its members nothing is assumed', async () => {
  const { bob, family, world, model } = stage
  const group = await world.server.getGroup(family.publicParams.serialize())
  const state = group!.state as unknown as { members: object[]; version: number }
  const template = state.members[0]!
  while (state.members.length < 1_000)
    state.members.push({ ...template, userId: family.encryptServiceId(randomUUID() as never) })
  state.version += 1
  const own = world.phone.device.aciRawUuid
  await bob.write('', {
    fields: {
      body: '\ufffc are we many?',
      bodyRanges: [{ start: 0, length: 1, associatedValue: { mentionAciBinary: own } }],
      groupV2: { ...family.toContext(), revision: state.version },
    },
  })
  assert.match((await bob.reply(100_000)).body ?? '', /are we many/)
  assert.doesNotMatch(JSON.stringify(model.requests.at(-1)!.body), /gate code|dinner/)
})

test('what the agent marks is marked on the phone, and a table stands in columns', async () => {
  const { carol, model } = stage
  model.next(say('**Yes**, by `ferry`, @Carol.'))
  await carol.write('shall we go?')
  const answer = await carol.reply()
  assert.equal(answer.body, 'Yes, by ferry, @Carol.')
  assert.deepEqual(
    answer.bodyRanges.map(({ start, length, associatedValue }) => [
      start ?? 0,
      length,
      associatedValue?.style,
    ]),
    [
      [0, 3, 1],
      [8, 5, 5],
    ],
  )
  model.next(say('| who | when |\n|---|---|\n| Bob | noon |'))
  await carol.write('and who?')
  const table = await carol.reply()
  assert.equal(table.body, 'who  when\n───  ────\nBob  noon')
  assert.equal(table.bodyRanges[0]?.associatedValue?.style, 5)
})
