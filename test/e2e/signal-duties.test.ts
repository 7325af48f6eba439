// What a well-behaved device does, seen through the running gateway: keys, devices, contacts, groups that changed, files.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { EMPTY_DATA_MESSAGE as emptyData } from '@signalapp/mock-server'
import { boxTests } from '../box/rig.ts'
import { contentOf, downloaded, sentOf, syncOf, uploaded } from '../channels/signal/contents.ts'
import { currentGroup, remove } from '../channels/signal/membership.ts'
import { acquaint, reinstall, watch } from '../channels/signal/world.ts'
import { runCoop } from '../support/coop.ts'
import { newest, resultsIn, say, use } from '../support/fake-anthropic.ts'
import { openPhone } from '../support/signal-phone.ts'
import { openIn, openSignalStage, type SignalStage } from '../support/signal-stage.ts'
import { until } from '../support/until.ts'

let stage: SignalStage
before(async () => {
  stage = await openSignalStage()
  await stage.world.phone.waitForSync(stage.agent)
})
beforeEach(async () => {
  await stage.settle()
  stage.model.otherwise = ({ body }) => say(`heard: ${newest(body)}`)
})
after(() => stage[Symbol.asyncDispose]())

const mentioned = (text: string) => ({
  body: `\ufffc ${text}`,
  bodyRanges: [
    { start: 0, length: 1, associatedValue: { mentionAciBinary: stage.world.phone.device.aciRawUuid } },
  ],
})
const toOwner = (words: RegExp) =>
  until(`the owner hears ${words}`, () =>
    [...stage.alice.texts(), ...stage.telegram.sent(1001).map(sent => sent.text)].find(text =>
      words.test(text),
    ),
  )
const asked = (words: string) =>
  until(`the model is asked “${words}”`, () =>
    stage.model.requests.find(({ body }) => newest(body).includes(words)),
  )

test('a stranger is listed as the phone’s contacts name them, or by a name made harmless', async () => {
  const { mallory, world, agent, home, gateway } = stage
  await until('the contacts', () => /the contacts of the phone were read/.test(gateway.stderr()))
  // Without a profile key nobody can read the name of a profile.
  await mallory.send(timestamp => ({
    dataMessage: { ...emptyData, body: 'let me in', timestamp: BigInt(timestamp) },
  }))
  await mallory.reply()
  assert.match((await runCoop(home, ['users'])).stdout, /^\s*[A-Z2-9]{6,} {2}Mallory {2}signal:/m)
  const tricky = await openPhone(world, 'Alice\u202e\n\u0007 (owner)\u200b')
  await tricky.meet(agent)
  await tricky.write('it is me')
  await tricky.reply()
  const { stdout } = await runCoop(home, ['users'])
  assert.match(stdout, new RegExp(`  Alice \\(owner\\)  signal:${tricky.aci}`))
})

test('keys that strangers took are filled up, and when none is left people are still heard', async () => {
  const { carol, world, agent, gateway } = stage
  for (let taken = await agent.getPreKeyCount(); taken > 0; taken -= 1) await agent.popSingleUseKey()
  const phone = await openPhone(world, 'Carol')
  await acquaint(phone.device, agent)
  await phone.meet(agent)
  await phone.write('with the key of last resort')
  assert.match((await phone.reply()).body ?? '', /code/)
  await gateway.stop()
  await until('the server sees it', () => !stage.connected())
  await stage.start()
  await until('new keys', async () => (await agent.getPreKeyCount()) === 100)
  await carol.meet(agent)
  await carol.write('with a new key')
  assert.equal((await carol.reply()).body, 'heard: with a new key')
})

test('an answer goes openly when the sealed way is refused, and with new keys to a device that was set up anew', async () => {
  const { carol, world } = stage
  await carol.write('hello')
  await carol.reply()
  const carried = watch(world.server)
  carol.device.device.accessKey = Buffer.alloc(16, 7)
  await carol.write('openly')
  const open = await carol.reply()
  assert.equal(open.body, 'heard: openly')
  assert.equal(carried.find(one => one.timestamp === Number(open.timestamp))?.sealed, false)

  const anew = carol.device.device as unknown as { registrationId: number }
  anew.registrationId = (anew.registrationId % 16_000) + 1
  await carol.write('set up anew')
  assert.equal((await carol.reply()).body, 'heard: set up anew')
})

test('whom the phone blocks is not heard, until it blocks them no longer', async () => {
  const { carol, world, agent, model } = stage
  const block = (acisBinary: Uint8Array<ArrayBuffer>[]) =>
    world.phone.sendRaw(
      agent,
      contentOf({
        syncMessage: syncOf({ blocked: { numbers: null, groupIds: null, acisBinary, acis: null } }),
      }),
    )
  await block([carol.device.device.aciRawUuid])
  await carol.write('psst')
  await block([])
  await carol.write('can you hear me?')
  assert.equal((await carol.reply()).body, 'heard: can you hear me?')
  assert.doesNotMatch(JSON.stringify(model.requests.at(-1)!.body), /psst/)
})

test('while a group is at a revision that cannot be read, its talk is not in the prompt and nothing is said there; read again, both are back', async () => {
  const { alice, bob, family, world, model } = stage
  await alice.write('the gate code is 9911', { group: family })
  await bob.write('', { group: family, fields: mentioned('what was it?') })
  await bob.reply()
  assert.match(JSON.stringify((await asked('what was it?')).body.messages), /9911/)
  const { getGroup } = world.server
  world.server.getGroup = async () => {
    throw new Error('the group server is down')
  }
  const context = { ...family.toContext(), revision: family.revision + 1 }
  await bob.write('', { fields: { ...mentioned('and in the dark?'), groupV2: context } })
  const request = await asked('and in the dark?')
  assert.doesNotMatch(JSON.stringify(request.body), /9911|what was it/)
  assert.deepEqual(bob.texts().slice(1), [])
  world.server.getGroup = getGroup
  assert.match((await bob.reply(60_000)).body ?? '', /in the dark/)
  await bob.write('', { group: family, fields: mentioned('and now?') })
  assert.match((await bob.reply()).body ?? '', /and now/)
  assert.match(JSON.stringify(model.requests.at(-1)!.body.messages), /9911/)
})

test('whom the agent’s own phone removes from a group gets nothing more there, though nobody writes of it', async () => {
  const { alice, bob, family, world, agent } = stage
  await alice.write('', { group: family, fields: mentioned('who is here?') })
  await bob.reply()
  await remove(world, family, world.phone, bob.device)
  const [timestamp, groupV2] = [BigInt(Date.now()), (await currentGroup(world, family)).toContext()]
  const message = { ...emptyData, groupV2, timestamp }
  await world.phone.sendRaw(agent, sentOf({ timestamp, message }), { timestamp: Number(timestamp) })
  // Alice’s phone has not heard of it either.
  await alice.write('', { group: family, fields: mentioned('and now?') })
  assert.match((await alice.reply()).body ?? '', /who is here/)
  assert.match((await alice.reply()).body ?? '', /and now/)
  await until('nothing is open', () => openIn(stage.home.database) === 0)
  assert.equal(bob.texts().length, 1)
})

describe('files', boxTests, () => {
  const place = (path: string) => join(stage.home.dir, 'workspaces/default', path)

  test('a file of the workspace arrives with its caption and bytes', async () => {
    const { bob, model, world, home } = stage
    home.file('workspaces/default/users/bob/report.csv', 'a,b\n1,2\n')
    model.next(use('send_file', { path: 'users/bob/report.csv', caption: 'The report' }), say('There it is.'))
    await bob.write('send me the report')
    const sent = await bob.reply()
    assert.equal(sent.body, 'The report')
    assert.equal((await bob.reply()).body, 'There it is.')
    assert.deepEqual(
      sent.attachments.map(({ fileName, contentType }) => [fileName, contentType]),
      [['report.csv', 'text/csv']],
    )
    assert.equal((await downloaded(world, sent.attachments[0]!)).toString(), 'a,b\n1,2\n')
  })

  test('a file that a person sends lies in their own folder, and nobody else sees it', async () => {
    const { alice, bob, world, model } = stage
    const pointer = await uploaded(world, Buffer.from('my list'), {
      contentType: 'text/plain',
      fileName: 'list.txt',
    })
    await bob.write('keep this', { fields: { attachments: [pointer] } })
    await bob.reply()
    assert.equal(readFileSync(place('users/bob/inbox/list.txt'), 'utf8'), 'my list')
    model.next(use('bash', { command: 'ls users/bob/inbox' }))
    model.otherwise = ({ body }) => say(`got: ${resultsIn(body)[0]?.text ?? ''}`)
    await alice.write('what is there?')
    assert.doesNotMatch((await alice.reply()).body ?? '', /list\.txt/)
  })
})

test('the agent answers the first questions about Signal from its own help', async () => {
  const { bob, model } = stage
  for (const [question, answer] of [
    ['Which number should I use for Signal?', /Give the agent a number of its own/],
    ['How do I find somebody’s Signal id?', /`coop users` lists them with the name of their Signal profile/],
    [
      'What happens when the phone is offline for weeks?',
      /removes linked devices when the phone was not online/,
    ],
    ['I have lost signal.db', /Remove the device on the phone and link again/],
  ] as const) {
    model.next(use('coop', { action: 'help', find: question }), say('so it is'))
    await bob.write(question)
    await bob.reply()
    assert.match(resultsIn(model.requests.at(-1)!.body)[0]?.text ?? '', answer, question)
  }
})

test('an account that is gone, and a person whose phone changed, get nothing; the owner is told why', async () => {
  const { alice, bob, carol, world, agent, model } = stage
  await bob.write('hello')
  await bob.reply()
  await reinstall(world, bob.device)
  await bob.meet(agent)
  await bob.write('a new phone')
  await bob.reply()
  bob.clear()
  const approve = async (to: string, text: string) => {
    model.next(use('message', { to, text }), say('asked'))
    await alice.write(`tell ${to}`)
    const question = await toOwner(new RegExp(`Send this to ${to}`))
    await alice.write(`/approve ${/\/approve ([A-Z2-9]{6})/.exec(question)?.[1]}`)
  }
  await approve('Bob', 'for the Bob of before')
  await toOwner(/Bob.*safety number|safety number/s)
  assert.deepEqual(bob.texts(), [])
  world.server.unregister(carol.device)
  await approve('Carol', 'are you there?')
  await toOwner(/no longer on Signal/)
})

test('when Signal wants a person to prove to be one, the owner hears at once, once and elsewhere, what to do; then the replies go out', async () => {
  const { alice, bob, world, agent, home, telegram } = stage
  await stage.settle()
  const proof = () => telegram.sent(1001).filter(({ text }) => /proof that a person sends/.test(text))
  // Only who is named in a request is limited: what is sealed is not.
  const pairs = [alice, bob].map(({ device }) => {
    device.device.accessKey = Buffer.alloc(16, 7)
    return { source: agent.aci, target: device.device.aci }
  })
  for (const pair of pairs) world.server.rateLimit(pair)
  await alice.write('are you a machine?')
  await until('the owner is told', () => proof().length > 0)
  assert.match(proof()[0]!.text, /channel signal needs you: .*open Signal on the phone/)
  await bob.write('and for me?')
  await until('two replies wait', () => openIn(home.database) === 2)
  assert.match((await runCoop(home, ['channels'])).stdout, /signal\s+connected: .*open Signal on the phone/)
  assert.match((await runCoop(home, ['status'])).stdout, /proof that a person sends/)
  assert.match(
    (await runCoop(home, ['doctor'], { timeoutMs: 120_000 })).stdout,
    /^failed +channels: signal is connected \(.*open Signal on the phone/m,
  )
  assert.deepEqual([alice.texts(), bob.texts()], [[], []])
  for (const pair of pairs) world.server.stopRateLimiting(pair)
  // Else it looks again every ten minutes.
  await stage.gateway.kill()
  await until('the server sees it', () => !stage.connected())
  await stage.start()
  assert.equal((await alice.reply()).body, 'heard: are you a machine?')
  assert.equal((await bob.reply()).body, 'heard: and for me?')
  await until('all is well', async () =>
    /signal\s+connected\s*$/m.test((await runCoop(home, ['channels'])).stdout),
  )
  assert.equal(proof().length, 1)
})
