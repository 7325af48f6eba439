// A harmful change through the real gateway: timed, told to who asked and to the agent, and carried through a crash.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import { refuse, resultsIn, say, use } from '../support/fake-anthropic.ts'
import { alice, bob, openStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'

const harmful = use('config', {
  action: 'patch',
  changes: [{ key: 'agent.model', value: 'anthropic/claude-haiku-4-5' }],
  why: 'it is cheaper',
})
const isAsleep = (request: { readonly body: { readonly model: string } }) =>
  request.body.model.includes('haiku')

interface Row {
  readonly id: number
  readonly at: number
  readonly who: string | null
  readonly state: string
  readonly reason: string | null
}
const generations = (stage: Stage): Row[] => {
  const db = new Database(stage.home.database, { readonly: true })
  const rows = db.prepare('SELECT id, at, who, state, reason FROM generation ORDER BY id').all()
  db.close()
  return rows as Row[]
}
const told = (stage: Stage) =>
  stage.telegram.sent(alice.id).filter(({ text }) => /was rolled back, .*haiku.* does not answer/.test(text))

test('a change that leaves the model silent rolls itself back within 30 seconds, and says so to who asked and to the agent', async () => {
  await using stage = await openStage()
  const before = stage.toml()
  stage.model.otherwise = request => (isAsleep(request) ? { kind: 'hang' } : say('It did not work.'))
  stage.model.next(harmful)
  stage.telegram.write(alice, 'take the cheap model')
  await until('the change', () => stage.toml() !== before)
  assert.match(stage.toml(), /claude-haiku/)

  // Others go on meanwhile, with the model that answers.
  stage.telegram.write(bob, 'hello')
  assert.equal((await stage.reply(bob.id)).text, 'It did not work.')
  assert.notEqual(stage.toml(), before)

  await until('the way back', () => stage.toml() === before, 60_000)
  const [, changed, back] = await until('the generation that it leaves', () => {
    const known = generations(stage)
    return known.length === 3 && known
  })
  assert.deepEqual(
    [changed?.state, changed?.who, back?.state, back?.who],
    ['rolled_back', 'alice', 'kept', null],
  )
  assert.ok(back!.at - changed!.at < 30_000, `${back!.at - changed!.at} ms`)
  await until('the person', () => told(stage).length === 1)
  const awake = await until('the agent', () =>
    stage.model.requests.filter(request => !isAsleep(request)).find(({ body }) => resultsIn(body).length > 0),
  )
  assert.match(resultsIn(awake.body)[0]!.text, /^Generation 2 was rolled back, .*haiku.* does not answer/)
  await until('the reply', () =>
    stage.telegram.sent(alice.id).some(({ text }) => text === 'It did not work.'),
  )
})

test('a gateway that is killed while it watches a change takes it back when it starts again, and tells', async () => {
  await using stage = await openStage()
  const before = stage.toml()
  stage.model.otherwise = request => (isAsleep(request) ? { kind: 'hang' } : say('It did not work.'))
  stage.model.next(harmful)
  stage.telegram.write(alice, 'take the cheap model')
  await until('the change', () => stage.toml() !== before)
  await until('the question to the model', () => stage.model.requests.some(isAsleep))
  await stage.gateway.kill()
  assert.equal(generations(stage).at(-1)?.state, 'probation')

  stage.model.otherwise = request =>
    isAsleep(request) ? refuse(404, 'no such model') : say('It did not work.')
  await stage.start()
  await until('the way back', () => readFileSync(stage.home.config, 'utf8') === before)
  await until('the person', () => told(stage).length === 1)
  stage.telegram.write(alice, '/retry')
  await until('the reply', () =>
    stage.telegram.sent(alice.id).some(({ text }) => text === 'It did not work.'),
  )
  assert.deepEqual(
    generations(stage).map(({ state }) => state),
    ['kept', 'rolled_back', 'kept'],
  )
})
