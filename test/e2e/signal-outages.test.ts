// The running gateway on Signal while servers, people, devices and days come and go: nothing is lost, and it says what is wrong.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { connectClient } from '../../src/protocol/client.ts'
import { protocolVersion } from '../../src/protocol/framing.ts'
import { remove } from '../channels/signal/membership.ts'
import { answerWith, goAway, hangUp, socketsOf } from '../channels/signal/world.ts'
import { runCoop, startGateway } from '../support/coop.ts'
import { newest, say } from '../support/fake-anthropic.ts'
import { faultFile, faultOptions } from '../support/signal-faults.ts'
import { openPhone, openTablet } from '../support/signal-phone.ts'
import { openIn, openSignalStage, type SignalStage } from '../support/signal-stage.ts'
import { until } from '../support/until.ts'

let stage: SignalStage
before(async () => {
  stage = await openSignalStage({ env: faultOptions })
})
beforeEach(async () => {
  await stage.settle()
  stage.model.otherwise = ({ body }) => say(`heard: ${newest(body)}`)
})
after(() => stage[Symbol.asyncDispose]())

const waitMs = 120_000
/** What the gateway says of the channel. A command says the same, but is slow to ask again and again. */
async function stateOfSignal(): Promise<string> {
  using client = await connectClient(stage.home.socket, () => {})
  await client.call('initialize', { protocol: protocolVersion, client: 'a test' })
  const { channels } = await client.call('status', {})
  const signal = channels.find(({ name }) => name === 'signal')
  return [signal?.state, signal?.error].filter(Boolean).join(': ')
}
const shows = (words: RegExp) =>
  until(`the state ${words}`, async () => words.test(await stateOfSignal()), waitMs)

test('a server that asks to connect less often is heeded, and what was written meanwhile is answered', async () => {
  const { alice, world, agent } = stage
  const socket = socketsOf(world.server).get(agent)
  const restore = answerWith(world, 429, { 'retry-after': '3' })
  await hangUp(world, agent, 4401)
  await shows(/^reconnecting: Signal asks to connect less often/)
  const envelope = await alice.seal('while it rested')
  restore()
  await until(
    'it is connected again',
    () => ![undefined, socket].includes(socketsOf(world.server).get(agent)),
    waitMs,
  )
  await world.server.send(agent, envelope)
  assert.equal((await alice.reply(waitMs)).body, 'heard: while it rested')
  await shows(/^connected$/)
})

test('a connection that the server ends is opened again by itself', async () => {
  const { alice, world, agent } = stage
  const socket = socketsOf(world.server).get(agent)
  await hangUp(world, agent, 4401)
  await until(
    'another connection',
    () => ![undefined, socket].includes(socketsOf(world.server).get(agent)),
    waitMs,
  )
  await alice.write('still there?')
  assert.equal((await alice.reply(waitMs)).body, 'heard: still there?')
})

test('a reply that finds no server goes out once it is back, once', async () => {
  const { alice, world, model } = stage
  const due = Promise.withResolvers<void>()
  model.otherwise = async ({ body }) => {
    await due.promise
    return say(`heard: ${newest(body)}`)
  }
  await alice.write('before the cable was pulled')
  await until('the model is asked', () => model.requests.some(({ body }) => /cable/.test(newest(body))))
  const plugIn = goAway(world)
  await shows(/^reconnecting: Signal cannot be reached/)
  due.resolve()
  await until('the reply is ready', () => /will send again/.test(stage.gateway.stderr()), waitMs)
  await plugIn()
  assert.equal((await alice.reply(waitMs)).body, 'heard: before the cable was pulled')
  await alice.write('and after')
  assert.equal((await alice.reply(waitMs)).body, 'heard: and after')
  assert.equal(alice.texts().length, 2)
})

test('a login that the server refuses again and again is shown with what may help', async () => {
  const { alice, world, agent } = stage
  const restore = answerWith(world, 401)
  await hangUp(world, agent, 4401)
  await shows(
    /^reconnecting: Signal cannot be reached: .*; if this lasts, link again with `coop signal link`/,
  )
  restore()
  await shows(/^connected$/)
  await alice.write('let in again')
  assert.equal((await alice.reply(waitMs)).body, 'heard: let in again')
})

test('both devices of a person get each answer, and what either writes is one conversation', async () => {
  const { carol, world, agent, model } = stage
  const tablet = await openTablet(world, carol)
  await tablet.meet(agent)
  await carol.write('from the phone')
  assert.equal((await carol.reply()).body, 'heard: from the phone')
  assert.equal((await tablet.reply()).body, 'heard: from the phone')
  await tablet.write('from the tablet')
  assert.equal((await tablet.reply()).body, 'heard: from the tablet')
  assert.equal((await carol.reply()).body, 'heard: from the tablet')
  assert.match(JSON.stringify(model.requests.at(-1)!.body.messages), /from the phone/)
  const [onPhone, onTablet] = [carol, tablet].map(device =>
    device
      .messages()
      .filter(({ body }) => /^heard/.test(body ?? ''))
      .map(({ timestamp }) => timestamp),
  )
  assert.deepEqual(onPhone, onTablet)
})

test('who leaves a group while an answer is written gets nothing of it, and the others do', async () => {
  const { alice, bob, family, world, model } = stage
  model.otherwise = async ({ body }) => {
    await remove(world, family, alice.device, bob.device)
    return say(`heard: ${newest(body)}`)
  }
  const mention = {
    start: 0,
    length: 1,
    associatedValue: { mentionAciBinary: world.phone.device.aciRawUuid },
  }
  await alice.write('', { group: family, fields: { body: '\ufffc who is here?', bodyRanges: [mention] } })
  assert.match((await alice.reply(waitMs)).body ?? '', /who is here/)
  await until('nothing is open', () => openIn(stage.home.database) === 0)
  assert.deepEqual(bob.texts(), [])
})

test('in the long run standing keys are changed under the running gateway, and what was written to the old ones is answered', async () => {
  const { world, agent, home } = stage
  await stage.gateway.stop()
  await until('the server sees it', () => !stage.connected())
  const before = (await agent.popSingleUseKey()).signedPreKey.keyId
  const late = await openPhone(world, 'Alice')
  await late.meet(agent)
  const written = await late.seal('to the key of yesterday')
  writeFileSync(faultFile(home.dir), 'days-pass')
  await stage.start()
  await until('other keys', async () => (await agent.popSingleUseKey()).signedPreKey.keyId !== before, waitMs)
  assert.equal(stage.connected(), true)
  await world.server.send(agent, written)
  assert.match((await late.reply(waitMs)).body ?? '', /code/)
  rmSync(faultFile(home.dir))
  await stage.gateway.stop()
  await until('the server sees it', () => !stage.connected())
  await stage.start()
})

test('signal.db is its owner’s alone; a backup holds it only when asked, also while it runs, and a home made from that goes on', async () => {
  const { alice, home } = stage
  for (const name of ['signal.db', 'signal.db-wal'])
    assert.equal(statSync(join(home.dir, 'db', name)).mode & 0o777, 0o600, name)
  const archive = (name: string) => join(home.dir, '..', `${name}-${process.pid}.tar.gz`)
  const [plain, running, moved] = ['plain', 'running', 'moved'].map(archive) as [string, string, string]
  const restored = join(home.dir, '..', `coop-moved-${process.pid}`)
  try {
    const without = await runCoop(home, ['backup', plain])
    assert.equal(without.code, 0, without.stderr)
    assert.doesNotMatch(execFileSync('tar', ['-tzf', plain], { encoding: 'utf8' }), /signal/)
    const passphrase = { stdin: 'correct horse battery\n' }
    const held = await runCoop(home, ['backup', running, '--with-keys'], passphrase)
    assert.equal(held.code, 0, held.stderr)
    assert.match(held.stdout, /Under the passphrase: .*db\/signal\.db/)
    await alice.write('still answered')
    assert.equal((await alice.reply()).body, 'heard: still answered')

    await stage.gateway.stop()
    await until('the server sees it', () => !stage.connected())
    assert.equal((await runCoop(home, ['backup', moved, '--with-keys'], passphrase)).code, 0)
    const back = await runCoop(home, ['restore', moved, '--dir', restored], passphrase)
    assert.equal(back.code, 0, back.stderr)
    assert.equal(statSync(join(restored, 'db', 'signal.db')).mode & 0o777, 0o600)
    {
      await using _there = await startGateway({
        ...home,
        dir: restored,
        env: { ...home.env, COOP_CONFIG: join(restored, 'coop.toml') },
      })
      await until('it is connected from there', () => stage.connected(), waitMs)
      await alice.write('in a new place')
      assert.equal((await alice.reply()).body, 'heard: in a new place')
    }
  } finally {
    for (const path of [plain, running, moved, restored]) rmSync(path, { recursive: true, force: true })
  }
})
