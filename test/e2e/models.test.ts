// Choosing a model by chat: the key is tried first, and the choice is the person's own and outlives a restart.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCoop } from '../support/coop.ts'
import { refuse, say } from '../support/fake-anthropic.ts'
import { alice, bob, openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'

const toml = `
[models]
fast = "anthropic/claude-haiku-4-5"
fallback = []
aliases = { small = "anthropic/claude-haiku-4-5" }
`

test('/model asks the model for a word before it is chosen, for this person alone', async () => {
  await using stage = await openStage({ toml })
  stage.model.next(refuse(404, 'model: claude-haiku-4-5 is not open to this key'))
  stage.telegram.write(alice, '/model small')
  assert.match((await stage.reply(alice.id)).text, /claude-haiku-4-5 was not chosen: .*not open to this key/)
  stage.telegram.write(alice, 'hello')
  assert.equal((await stage.reply(alice.id, 2)).text, 'heard: hello')
  assert.equal(stage.model.requests.at(-1)!.body.model, 'claude-opus-4-6')

  stage.telegram.write(alice, '/model small')
  assert.equal((await stage.reply(alice.id, 3)).text, 'Answering from now on: anthropic/claude-haiku-4-5')
  await stage.gateway.stop()
  await stage.start()
  stage.telegram.write(alice, 'again')
  await stage.reply(alice.id, 4)
  assert.equal(stage.model.requests.at(-1)!.body.model, 'claude-haiku-4-5')
  stage.telegram.write(bob, 'me too')
  await stage.reply(bob.id)
  assert.equal(stage.model.requests.at(-1)!.body.model, 'claude-opus-4-6')
})

test('/models says whose price is not known', async () => {
  await using stage = await openStage({
    toml: '[models]\naliases = { next = "anthropic/claude-opus-4-6" }\nfallback = ["local/some-model"]\n[[providers]]\nname = "anthropic"\n[[providers]]\nname = "openai-compatible"\nid = "local"\nbase_url = "http://127.0.0.1:9"\n',
  })
  stage.telegram.write(alice, '/models')
  const { text } = await stage.reply(alice.id)
  assert.match(text, /^• anthropic\/claude-opus-4-6$/m)
  assert.match(text, /^ *local\/some-model \(price not known\)$/m)
  assert.match(text, /^ *offline\/coop$/m)
})

test('a refusal of one model leaves the key in use for another', async () => {
  await using stage = await openStage({ toml })
  stage.model.next(refuse(403, 'not in your plan'))
  stage.telegram.write(alice, '/model small')
  assert.match((await stage.reply(alice.id)).text, /was not chosen/)
  stage.telegram.write(alice, 'hello')
  assert.equal((await stage.reply(alice.id, 2)).text, 'heard: hello')
})

test('every call is booked: the word that /model asks for, an answer that broke off, one that was stopped', async () => {
  await using stage = await openStage({ toml })
  const usage = async (by: string) => {
    const { stdout } = await runCoop(stage.home, ['usage', '--by', by, '--json'])
    return stdout
      .trim()
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as { name: string | null; calls: number; input: number; output: number })
  }
  stage.telegram.write(alice, '/model small')
  await stage.reply(alice.id)
  const checked = (await usage('job')).find(({ name }) => name === 'model check')
  assert.deepEqual([checked?.calls, checked?.input], [1, 100])
  await until('the question in the trace', async () =>
    /^model {2}[\d:.]+ {2}[\d.]+ ms {2}model=anthropic\/claude-haiku-4-5 why=model check input=100 .*usd=0\.\d+$/m.test(
      (await runCoop(stage.home, ['trace'])).stdout,
    ),
  )

  stage.model.next(say('The first half of', { breaks: 'cut', usage: { input_tokens: 700 } }))
  stage.telegram.write(bob, 'hello')
  assert.match((await stage.reply(bob.id)).text, /broke off here/)
  const broken = (await usage('user')).find(({ name }) => name === 'bob')
  assert.deepEqual([broken?.calls, broken?.input], [1, 700])
  assert.ok(broken!.output > 0)

  const slowly = 'One two three four five six seven eight nine ten. '.repeat(20)
  stage.model.next(say(slowly, { paceMs: 30, breaks: 'hang', usage: { input_tokens: 300 } }))
  stage.telegram.write(bob, 'slowly')
  await until('it is asked', () => stage.model.requests.length === 3)
  await until('it shows', () => stage.telegram.sent(bob.id).some(({ text }) => text.includes('One')))
  stage.telegram.write(bob, '/stop')
  await until(
    'it stopped',
    async () => (await usage('user')).find(({ name }) => name === 'bob')?.input === 1_000,
  )
})
