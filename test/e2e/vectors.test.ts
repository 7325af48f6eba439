// Vectors through the running gateway: what is sent to whom, what they find, and what happens when nobody answers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCoop } from '../support/coop.ts'
import { newest, resultsIn, say, use } from '../support/fake-anthropic.ts'
import { openFakeEmbedder } from '../support/fake-embedder.ts'
import { bob, openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'

const facts = [
  { kind: 'fact', store: 'shared', text: 'Our tabby sleeps on the radiator' },
  { kind: 'fact', store: 'social', text: 'The ferry leaves at nine' },
  { kind: 'fact', store: 'private', text: 'The tabby costs a fortune' },
]
const sent = ['Our tabby sleeps on the radiator', 'The ferry leaves at nine']
const formats = [
  { provider: 'openai', path: '/embeddings', key: 'input', extra: { dimensions: 8 } },
  { provider: 'voyage', path: '/embeddings', key: 'input', extra: { output_dimension: 8 } },
  { provider: 'cohere', path: '/embed', key: 'texts', extra: { output_dimension: 8 } },
  { provider: 'openai-compatible', path: '/embeddings', key: 'input', extra: { dimensions: 8 } },
]

test('memories of the named stores get vectors in the background, from each provider anew, and are found by meaning; without an answer words find them', async () => {
  await using embedder = await openFakeEmbedder([
    ['tabby', 'feline'],
    ['ferry', 'vessel'],
  ])
  const table = (provider: string) =>
    `[memory.embedding]\nprovider = "${provider}"\nmodel = "model-of-${provider}"\ndimensions = 8\nbase_url = "${embedder.url}"\napi_key_env = "EMBED_KEY"\n`
  await using stage = await openStage({
    idle: true,
    toml: table('openai'),
    env: { EMBED_KEY: 'key-of-a-test' },
  })
  stage.model.otherwise = ({ body }) => {
    const results = resultsIn(body)
    return results.length > 0 ? say(results.at(-1)!.text) : use('memory_search', { query: newest(body) })
  }
  let asked = 0
  const ask = async (text: string) => {
    stage.telegram.write(bob, text)
    return (await stage.reply(bob.id, ++asked)).text
  }
  const added = await runCoop(stage.home, ['memory', 'import', '-'], {
    stdin: facts.map(fact => JSON.stringify(fact)).join('\n'),
  })
  assert.equal(added.code, 0, added.stderr)

  for (const [index, { provider, path, key, extra }] of formats.entries()) {
    if (index > 0)
      stage.home.configure(stage.toml().replace(table(formats[index - 1]!.provider), table(provider)))
    const before = embedder.requests.length
    const gateway = await stage.start()
    await until(`progress with ${provider}`, () => /memories embedded/.exec(gateway.stderr()))
    const requests = embedder.requests.slice(before)
    for (const { path: asked, body } of requests) {
      assert.equal(asked, path)
      assert.equal(body.model, `model-of-${provider}`)
      for (const [name, value] of Object.entries(extra)) assert.equal(body[name], value)
    }
    assert.deepEqual(requests.flatMap(({ body }) => body[key] as string[]).sort(), [...sent].sort())
    const stats = await runCoop(stage.home, ['memory', 'stats'])
    assert.match(stats.stdout, /^social: .*, 1 with vectors$/m)
    assert.match(stats.stdout, /^private: .* archived$/m)
    assert.match(await ask('our feline'), /Our tabby sleeps on the radiator/)
    if (index < formats.length - 1) await gateway.stop()
  }

  embedder.answerWith(500)
  assert.match(await ask('when does the ferry leave'), /The ferry leaves at nine/)
  embedder.answerWith(200)
  await stage.gateway.stop()
  assert.ok(
    embedder.texts().every(text => !/fortune/.test(text)),
    'private text stays here',
  )
})
