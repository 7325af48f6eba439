// Subagents in the running program: killed while they work, they finish, and their answer leaves once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCoop } from '../support/coop.ts'
import { newest, resultsIn, say, use, type WireRequest } from '../support/fake-anthropic.ts'
import { alice, openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'

const isSubagent = (body: WireRequest) => JSON.stringify(body.messages).includes('You are a subagent')

test('a gateway killed while subagents work hands their answers on after its restart, once', async () => {
  await using stage = await openStage({ toml: '\n[subagents]\nmax_children = 2\n' })
  let killed = false
  stage.model.otherwise = ({ body }) => {
    if (isSubagent(body)) return killed ? say(`did ${newest(body)}`) : { kind: 'hang' }
    const got = resultsIn(body).map(result => result.text)
    if (got.length > 0) return say(`All: ${got.join(', ')}`)
    return say('', {
      calls: ['the roof', 'the cellar'].map(task => ({ name: 'subagent', input: { action: 'spawn', task } })),
    })
  }
  stage.telegram.write(alice, 'look after the house')
  await until('both work', () => stage.model.requests.filter(({ body }) => isSubagent(body)).length === 2)
  stage.telegram.write(alice, '/subagents')
  assert.match((await stage.reply(alice.id)).text, /at work, \d+ min left {2}the cellar\n.*the roof$/s)
  await until('all is confirmed', () => stage.telegram.pending().length === 0)
  await stage.gateway.kill()
  killed = true
  await stage.start()
  const finals = () =>
    stage.telegram.sent(alice.id).filter(({ text }) => text === 'All: did the roof, did the cellar')
  await until('the answer', () => finals().length > 0)
  const { stdout } = await runCoop(stage.home, ['usage', '--by', 'job'])
  assert.match(stdout, /subagent: /)
  assert.equal(finals().length, 1)
})

test('an answer from the background that waits for the platform survives a kill', async () => {
  await using stage = await openStage()
  stage.model.otherwise = ({ body }) =>
    isSubagent(body)
      ? say('The roof is fine.', { delayMs: 300 })
      : resultsIn(body).length > 0
        ? say('I look into it.')
        : use('subagent', { action: 'spawn', task: 'the roof', background: true })
  stage.telegram.write(alice, 'the roof, please')
  assert.equal((await stage.reply(alice.id)).text, 'I look into it.')
  await until('it is asked', () => stage.model.requests.some(({ body }) => isSubagent(body)))
  await until('all is confirmed', () => stage.telegram.pending().length === 0)
  await stage.gateway.kill()
  await stage.start()
  await until('the answer', () =>
    stage.telegram.sent(alice.id).some(sent => sent.text === 'The roof is fine.'),
  )
})

test('killed while a subagent waits for a yes and its sender for it, both go on after the yes, once', async () => {
  await using stage = await openStage({
    toml: '\n[tools.approve]\nrules = [{ tool = "todo", answer = "ask" }]\n',
  })
  stage.model.otherwise = ({ body }) => {
    const got = resultsIn(body).map(result => result.text)
    if (got.length > 0) return say(`${isSubagent(body) ? 'Noted' : 'It says'}: ${got.join(', ')}`)
    return isSubagent(body)
      ? use('todo', { items: [{ text: 'mend the roof' }] })
      : use('subagent', { action: 'spawn', task: 'the roof' })
  }
  stage.telegram.write(alice, 'look after the roof')
  const question = await until('the question', () =>
    stage.telegram.sent(alice.id).find(({ text }) => text.includes('/approve ')),
  )
  assert.match(question.text, /todo .*mend the roof/)
  await until('all is confirmed', () => stage.telegram.pending().length === 0)
  for (let times = 0; times < 2; times++) {
    await stage.gateway.kill()
    await stage.start()
  }
  stage.telegram.write(alice, `/approve ${/\/approve (\w+)/.exec(question.text)?.[1]}`)
  const finals = () =>
    stage.telegram.sent(alice.id).filter(({ text }) => text === 'It says: Noted: [ ] mend the roof')
  await until('the answer', () => finals().length > 0)
  const { stdout } = await runCoop(stage.home, ['status', '--json'])
  assert.equal(JSON.parse(stdout).turns.waiting, 0)
  assert.equal(finals().length, 1)
  assert.equal(stage.model.requests.filter(({ body }) => resultsIn(body).length > 0).length, 2)
})
