// A provider that takes a request and never answers: the person is told, and the gateway goes on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openModels } from '../../src/agent/models/models.ts'
import { openFakeAnthropic, say } from '../support/fake-anthropic.ts'
import { fakeChannel, fakeModel, messageFrom, openHouse } from '../trust/house.ts'

test('a model that goes silent is given up at the idle limit, told, and asked anew for the next message', async () => {
  await using provider = await openFakeAnthropic()
  const toml = `[[users]]
name = "Alice"
trust = "full"
match = ["tele:t-alice"]

[provider]
name = "anthropic"
api_keys = ["env:KEY"]
base_url = "${provider.url}"
`
  const channel = fakeChannel('tele')
  await using house = openHouse({
    toml,
    env: { KEY: 'sk-ant-api03-loopback' },
    channels: [channel],
    model: fakeModel(),
    models: config => {
      const models = openModels(config, { idleMs: 150 })
      const real = (name: string) => (name === 'fake/one' ? 'anthropic/claude-opus-4-6' : name)
      return {
        ...models,
        stream: (request, signal) => models.stream({ ...request, model: real(request.model) }, signal),
        resolve: name => models.resolve(real(name)),
        hasKey: name => models.hasKey(real(name)),
        contextOf: name => models.contextOf(real(name)),
        cost: (name, usage) => models.cost(real(name), usage),
        warm: async () => {},
      }
    },
  })
  const told = async (text: string) => {
    channel.push(messageFrom('tele', 't-alice', text))
    await house.settled()
    return channel.sent.at(-1)?.text
  }

  provider.otherwise = () => ({ kind: 'hang' })
  assert.match((await told('are you there?')) ?? '', /^The provider cannot be reached/)
  provider.otherwise = () => say('The first half of', { breaks: 'hang' })
  assert.match(
    (await told('and now?')) ?? '',
    /^The first half of\n\n\[The answer broke off here\. The provider cannot be reached/,
  )
  provider.otherwise = () => say('Here I am.')
  assert.equal(await told('and now?'), 'Here I am.')
})
