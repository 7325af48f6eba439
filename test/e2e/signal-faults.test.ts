// The running gateway on Signal, killed at every point where it could hurt, on a full disk, and after a long absence.
import assert from 'node:assert/strict'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { after, before, beforeEach, test } from 'node:test'
import Database from 'better-sqlite3'
import { answerWith, refuse } from '../channels/signal/world.ts'
import { runCoop } from '../support/coop.ts'
import { newest, say } from '../support/fake-anthropic.ts'
import { type Fault, faultFile, faultOptions } from '../support/signal-faults.ts'
import { openSignalStage, type SignalStage } from '../support/signal-stage.ts'
import { until } from '../support/until.ts'

let stage: SignalStage
before(async () => {
  // Links that were killed are waited for by the server; the end of the tests is not to wait for that.
  stage = await openSignalStage({ idle: true, env: faultOptions, patienceMs: 30_000 })
})
beforeEach(() => {
  stage.model.otherwise = ({ body }) => say(`heard: ${newest(body)}`)
})
after(() => stage[Symbol.asyncDispose]())

const arm = (fault: Fault) => writeFileSync(faultFile(stage.home.dir), fault)
const armed = () => existsSync(faultFile(stage.home.dir))
/** Waits until the gateway has met its end, then starts it again. */
async function again(): Promise<void> {
  await until('the crash', () => !stage.gateway.alive())
  assert.ok(!armed())
  await until('the server sees it', () => !stage.connected())
  await stage.start()
}
const answered = (text: string) => until(`“${text}” is answered`, () => stage.alice.texts().includes(text))

test('a server that takes no such version, or wants rest, is told by the linking command in one line', async () => {
  const rest = { 'retry-after': '61' }
  for (const [status, headers, why] of [
    [499, {}, /^coop: Signal no longer accepts this version; update Coop\.$/m],
    [429, rest, /^coop: Signal asks to connect less often; try again in 2 min\.$/m],
  ] as const) {
    const restore = answerWith(stage.world, status, headers)
    const { code, stderr } = await runCoop(stage.home, ['signal', 'link'])
    restore()
    assert.equal(code, 1)
    assert.match(stderr, why)
  }
})

test('a phone that may not link is told why and what to do in one line, and the home can be linked after it', async () => {
  for (const [status, why] of [
    [403, 'The code was used or has run out; run `coop signal link` again.'],
    [409, 'The phone asks for a feature that this Coop does not have; update Coop.'],
    [411, 'The account has too many linked devices; remove one on the phone (Settings, Linked devices).'],
    [422, 'Signal refused to link (422); try again, and update Coop if it stays so.'],
    [429, 'Signal asks to wait before linking again; try in an hour.'],
  ] as const) {
    using _refused = refuse('/v1/devices/link', status)
    const { message } = await stage.link().then(
      () => assert.fail('it linked'),
      (error: Error) => error,
    )
    assert.match(message, /^linking ended with 1:/)
    assert.ok(message.endsWith(`\ncoop: ${why}\n`), message)
  }
})

test('a code that nobody scanned is followed by another, and that one links', async () => {
  const said = await stage.link({ code: 2 })
  assert.equal(new Set(said.match(/sgnl:\S+/g)).size >= 2, true)
  assert.match(said, /Linked to/)
  await runCoop(stage.home, ['signal', 'unlink'])
})

for (const cut of ['before-link', 'after-link'] as const) {
  test(`linking that meets kill -9 ${cut.replace('-', ' ')} can be done again`, async () => {
    arm(cut)
    await assert.rejects(stage.link(), /linking ended with null/)
    assert.ok(!armed())
  })
}

test('after that the home is linked, and the gateway hears its people', async () => {
  await stage.link()
  await stage.start()
  await stage.alice.write('hello')
  await answered('heard: hello')
})

for (const cut of ['before-commit', 'after-commit'] as const) {
  test(`a message that meets kill -9 ${cut.replace('-', ' ')} is answered exactly once`, async () => {
    const { alice, world, agent } = stage
    const envelope = await alice.seal(`met ${cut}`)
    arm(cut)
    void world.server.send(agent, envelope)
    await again()
    // It was not acknowledged, so Signal sends it again; the mock has to be asked.
    await world.server.send(agent, envelope)
    await answered(`heard: met ${cut}`)
    await alice.write(`after ${cut}`)
    await answered(`heard: after ${cut}`)
    assert.equal(alice.texts().filter(text => text === `heard: met ${cut}`).length, 1)
  })
}

for (const cut of ['before-put', 'after-put'] as const) {
  test(`a reply that meets kill -9 ${cut.replace('-', ' ')} arrives exactly once, and its copy on the phone`, async () => {
    const { alice, account } = stage
    arm(cut)
    await alice.write(`met ${cut}`)
    await again()
    await answered(`heard: met ${cut}`)
    await alice.write(`after ${cut}`)
    await answered(`heard: after ${cut}`)
    assert.equal(alice.texts().filter(text => text === `heard: met ${cut}`).length, 1)
    const copies = () =>
      account.syncs().filter(({ content }) => content?.sent?.message?.body === `heard: met ${cut}`)
    await until('the copy', () => copies().length > 0)
    assert.equal(copies().length, 1)
  })
}

test('a disk that fills up between decryption and commit keeps a message from being acknowledged; with space it is answered', async () => {
  const { alice, world, agent, home } = stage
  const envelope = await alice.seal('keep me')
  arm('disk-full')
  void world.server.send(agent, envelope)
  await until('it says so', async () =>
    /signal\s.*the disk is full/.test((await runCoop(home, ['channels'])).stdout),
  )
  rmSync(faultFile(home.dir))
  await until('it is connected again', async () =>
    /signal\s+connected/.test((await runCoop(home, ['channels'])).stdout),
  )
  await world.server.send(agent, envelope)
  await answered('heard: keep me')
  assert.equal(alice.texts().filter(text => text === 'heard: keep me').length, 1)
})

test('500 messages that waited while Coop was off are all taken in, in order, and answered one by one', async () => {
  const { alice, world, agent, model, home } = stage
  const seen: string[] = []
  model.otherwise = ({ body }) => {
    seen.push(newest(body))
    return say('ok')
  }
  await stage.gateway.stop()
  await until('the server sees it', () => !stage.connected())
  const all = Array.from({ length: 500 }, (_, at) => `missed ${at};`)
  for (const text of all) void world.server.send(agent, await alice.seal(text))
  await stage.start()
  const stored = () => {
    using db = closing(new Database(home.database, { readonly: true }))
    return db.it
      .prepare<[], string>(
        "SELECT body ->> '$.text' FROM inbox WHERE body ->> '$.text' LIKE 'missed %' ORDER BY id",
      )
      .pluck()
      .all()
  }
  await until('all are stored', () => stored().length >= all.length, 90_000)
  assert.deepEqual(stored(), all)
  await until('some are answered', () => seen.length >= 20, 90_000)
  assert.deepEqual(seen.slice(0, 20), all.slice(0, 20))
})

const closing = (it: Database.Database) => ({ it, [Symbol.dispose]: () => void it.close() })
