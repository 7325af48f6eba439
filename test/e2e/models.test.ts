// Choosing a model by chat: the key is tried first, and the choice is the person's own and outlives a restart.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuse } from '../support/fake-anthropic.ts'
import { alice, bob, openStage } from '../support/stage.ts'

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

test('a refusal of one model leaves the key in use for another', async () => {
  await using stage = await openStage({ toml })
  stage.model.next(refuse(403, 'not in your plan'))
  stage.telegram.write(alice, '/model small')
  assert.match((await stage.reply(alice.id)).text, /was not chosen/)
  stage.telegram.write(alice, 'hello')
  assert.equal((await stage.reply(alice.id, 2)).text, 'heard: hello')
})
