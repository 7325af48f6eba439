// A message to somebody else waits for the person's yes to its exact text, across a restart too.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { newest, resultsIn, say, use } from '../support/fake-anthropic.ts'
import { openLiveClient } from '../support/live-client.ts'
import { alice, bob, openStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'

/** Alice asked for a message to Bob; the question with its code has reached her. */
async function asked(): Promise<Stage & { readonly code: string }> {
  await using stack = new AsyncDisposableStack()
  const stage = stack.use(await openStage())
  stage.model.next(use('message', { to: 'Bob', text: 'Dinner is at eight.' }))
  stage.model.otherwise = ({ body }) => {
    const [result] = newest(body) === 'something else meanwhile' ? [] : resultsIn(body)
    return say(result ? `told: ${result.text}` : 'plain')
  }
  stage.telegram.write(alice, 'tell Bob when dinner is')
  const question = await stage.reply(alice.id)
  assert.match(question.text, /^Send this to Bob\?\n\nDinner is at eight\./)
  const [, code] = /\/approve ([A-Z2-9]{6})/.exec(question.text) ?? []
  assert.ok(code, question.text)
  const kept = stack.move()
  return Object.assign(Object.create(stage) as Stage, {
    code,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  })
}

test('a message waits for a yes, then is sent once, and the turn goes on', async () => {
  await using stage = await asked()
  const { code } = stage
  await sleep(300)
  assert.equal(stage.telegram.sent(bob.id).length, 0)
  assert.equal(stage.model.requests.length, 1)
  stage.telegram.write(alice, `/approve ${code}`)
  assert.equal((await stage.reply(bob.id)).text, 'Alice says: Dinner is at eight.')
  await until('the turn ends', () =>
    stage.telegram.sent(alice.id).some(sent => sent.text.startsWith('told: On its way to Bob')),
  )
  stage.telegram.write(alice, `/approve ${code}`)
  await until('the second yes is refused', () =>
    stage.telegram.sent(alice.id).some(sent => /was answered before/.test(sent.text)),
  )
  await sleep(200)
  assert.equal(stage.telegram.sent(bob.id).length, 1)
})

test('a no is told to the model, and nothing is sent', async () => {
  await using stage = await asked()
  const { code } = stage
  stage.telegram.write(alice, `/deny ${code}`)
  await until('the turn ends', () =>
    stage.telegram.sent(alice.id).some(sent => sent.text === 'told: The person said no.'),
  )
  assert.equal(stage.telegram.sent(bob.id).length, 0)
})

test('a waiting turn holds up nobody, and survives a crash and a restart', async () => {
  await using stage = await asked()
  const { code } = stage
  stage.telegram.write(alice, 'something else meanwhile')
  await until('it is answered', () => stage.telegram.sent(alice.id).some(sent => sent.text === 'plain'))
  await stage.gateway.kill()
  await stage.start()
  stage.telegram.write(alice, `/approve ${code}`)
  assert.equal((await stage.reply(bob.id)).text, 'Alice says: Dinner is at eight.')
  await until('the turn ends', () =>
    stage.telegram.sent(alice.id).some(sent => sent.text.startsWith('told: On its way')),
  )
})

test('nobody else can answer, and a code that was never given answers nothing', async () => {
  await using stage = await asked()
  const { code } = stage
  stage.telegram.write(bob, `/approve ${code}`)
  assert.match((await stage.reply(bob.id)).text, /^There is no question .* for you\.$/)
  stage.telegram.write(alice, '/approve ZZZZZZ')
  await until('it is refused', () =>
    stage.telegram.sent(alice.id).some(sent => /There is no question ZZZZZZ/.test(sent.text)),
  )
  await sleep(200)
  assert.equal(stage.telegram.sent(bob.id).length, 1)
})

test('the terminal lists what waits and answers it', async () => {
  await using stage = await asked()
  const { code } = stage
  using terminal = await openLiveClient(stage.home)
  const { approvals } = await terminal.client.call('approval/list', {})
  assert.deepEqual(
    approvals.map(({ id }) => id),
    [code],
  )
  assert.equal(
    (await terminal.client.call('approval/answer', { id: code, answer: 'approve' })).text,
    'Approved.',
  )
  assert.equal((await stage.reply(bob.id)).text, 'Alice says: Dinner is at eight.')
  await assert.rejects(terminal.client.call('approval/answer', { id: code, answer: 'approve' }), {
    code: 'approval_invalid',
  })
})

for (const when of ['while the gateway was down', 'while it runs'] as const) {
  test(`a question that nobody answered in time counts as no, its time over ${when}`, async () => {
    await using stage = await asked()
    const { code } = stage
    if (when === 'while the gateway was down') await stage.gateway.kill()
    const db = new Database(stage.home.database)
    db.prepare('UPDATE approval SET expires_at = ?').run(Date.now() - 1)
    db.close()
    if (when === 'while the gateway was down') await stage.start()
    else stage.telegram.write(alice, `/approve ${code}`)
    await until('the turn ends', () =>
      stage.telegram
        .sent(alice.id)
        .some(sent => sent.text === 'told: Nobody answered in time, which counts as no.'),
    )
    assert.equal(stage.telegram.sent(bob.id).length, 0)
  })
}
