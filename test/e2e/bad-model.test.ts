// A model that fails in every way a provider can: the person reads a plain line, and the next message is answered.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCoop } from '../support/coop.ts'
import { type Answer, type Recorded, refuse, resultsIn, say, use } from '../support/fake-anthropic.ts'
import { openFakeOpenAI } from '../support/fake-openai.ts'
import { openLiveClient } from '../support/live-client.ts'
import { alice, bob, openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'

const garbage = 'event: message_start\ndata: {"type":"message_start","mess\n\n'
const unknownEvents = `event: message_start
data: {"type":"message_start","message":{"usage":{"input_tokens":1}}}

event: sparkles
data: {"type":"sparkles","index":0}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"hologram"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"hologram_delta","ray":1}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"still here"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"wandered_off"},"usage":{"output_tokens":-4}}

event: message_stop
data: {"type":"message_stop"}

`

const cases: readonly { title: string; answers: readonly Answer[]; reads: RegExp }[] = [
  {
    title: '400 is told as a refused request, with what the provider said for who is fully trusted',
    answers: [refuse(400, 'messages.3: something is off')],
    reads: /^The provider refused this request\..*\(messages\.3: something is off\)$/,
  },
  {
    title: '400 for a prompt that is too long is told as such',
    answers: [refuse(400, 'prompt is too long: 250000 tokens > 200000 maximum')],
    reads: /too long for the model\. Say \/new/,
  },
  {
    title: '413 is told as too long',
    answers: [refuse(413)],
    reads: /too long for the model/,
  },
  {
    title: '500 is tried again and answered when it passes',
    answers: [refuse(500), say('after all')],
    reads: /^after all$/,
  },
  {
    title: '500 again and again is told',
    answers: [refuse(500), refuse(500), refuse(500)],
    reads: /^The provider cannot answer just now\. Say \/retry/,
  },
  {
    title: '529 again and again is told',
    answers: [refuse(529), refuse(529), refuse(529)],
    reads: /^The provider cannot answer just now/,
  },
  {
    title: 'an overload inside the stream, before any text, is tried again',
    answers: [say('', { breaks: 'overloaded' }), say('after all')],
    reads: /^after all$/,
  },
  {
    title: 'a connection that breaks at once is tried again',
    answers: [{ kind: 'drop' }, say('after all')],
    reads: /^after all$/,
  },
  {
    title: 'a connection that always breaks is told as unreachable',
    answers: [{ kind: 'drop' }, { kind: 'drop' }, { kind: 'drop' }],
    reads: /^The provider cannot be reached/,
  },
  {
    title: 'a stream of garbage is tried again, then told',
    answers: Array<Answer>(3).fill({ kind: 'raw', body: garbage }),
    reads: /^The model’s answer was garbled or broke off\. Say \/retry/,
  },
  {
    title: 'a stream that is no event stream at all is told',
    answers: Array<Answer>(3).fill({ kind: 'raw', body: '<html>busy</html>' }),
    reads: /^The model’s answer was garbled/,
  },
  {
    title: 'unknown events and blocks are passed over',
    answers: [{ kind: 'raw', body: unknownEvents }],
    reads: /^still here$/,
  },
  {
    title: 'an answer that stops midway keeps what was said and says that it broke off',
    answers: [say('The first half of', { breaks: 'cut' })],
    reads: /^The first half of\nThe model’s answer was garbled or broke off\. Say \/retry/,
  },
  {
    title: 'an answer that is overloaded midway keeps what was said',
    answers: [say('The first half of', { breaks: 'overloaded' })],
    reads: /^The first half of\nThe provider cannot answer just now/,
  },
  {
    title: 'an answer cut at its length limit says so',
    answers: [say('A very long', { stop: 'max_tokens' })],
    reads: /^A very long\n\n\[The answer reached its length limit here\.\]$/,
  },
  {
    title: 'an answer of only white space is told as empty',
    answers: [say(' \n\t ')],
    reads: /^The model sent an empty answer\. Say \/retry/,
  },
  {
    title: 'an answer of only thinking is told as empty',
    answers: [say('', { thinking: 'Hm. And now?' })],
    reads: /^The model sent an empty answer/,
  },
  {
    title: 'a refusal is told as one',
    answers: [say('', { stop: 'refusal' })],
    reads: /^\[The model declined to answer this\.\]$/,
  },
  {
    title: 'a usage that cannot be true is not counted',
    answers: [say('counted', { usage: { input_tokens: -5, output_tokens: 9e15 } })],
    reads: /^counted$/,
  },
  {
    title: 'an answer without any block is told as empty',
    answers: [say('')],
    reads: /^The model sent an empty answer/,
  },
]

test('each failure of the model is a plain line in the chat, and the next message is answered', async t => {
  await using stage = await openStage()
  using terminal = await openLiveClient(stage.home)
  for (const { title, answers, reads } of cases) {
    await t.test(title, async () => {
      stage.model.next(...answers)
      assert.match(await terminal.ask('hello'), reads)
      assert.equal(await terminal.ask('and now?'), 'heard: and now?')
    })
  }
  assert.ok(stage.gateway.alive())
})

const last = (texts: readonly string[]): string => texts.at(-1) ?? ''

test('each strange tool call becomes an error result that the model reads, and the turn goes on', async t => {
  await using stage = await openStage()
  using terminal = await openLiveClient(stage.home)
  stage.model.otherwise = ({ body }) => {
    const results = resultsIn(body)
    return say(results.length > 0 ? results.map(one => `${one.isError} ${one.text}`).join('\n') : 'plain')
  }
  const calls: readonly { title: string; answer: Answer; reads: RegExp }[] = [
    {
      title: 'an unknown tool',
      answer: use('launch_rocket', { to: 'moon' }),
      reads: /^true There is no tool "launch_rocket" here\./,
    },
    {
      title: 'an unknown tool with broken JSON',
      answer: use('launch_rocket', null, { json: '{"to": "mo' }),
      reads: /^true There is no tool "launch_rocket" here\./,
    },
    {
      title: 'a known tool with broken JSON',
      answer: use('todo', null, { json: '{"items": [' }),
      reads: /^true The arguments were not valid JSON: \{"items": \[/,
    },
    {
      title: 'a known tool with JSON that is no object',
      answer: use('todo', null, { json: '[1, 2]' }),
      reads: /^true The arguments were not valid JSON/,
    },
    {
      title: 'a known tool with arguments that do not fit',
      answer: use('todo', { items: 'milk' }),
      reads: /^true The arguments do not fit: .*items/s,
    },
    {
      title: 'two calls of one id',
      answer: say('', {
        calls: [
          { name: 'todo', input: {}, id: 'toolu_same' },
          { name: 'todo', input: {}, id: 'toolu_same' },
        ],
      }),
      reads: /^false The list is empty\.\nfalse The list is empty\.$/,
    },
    {
      title: 'arguments of a megabyte',
      answer: use('todo', { items: [{ text: 'x'.repeat(1_000_000) }] }),
      reads: /^true The arguments were too long/,
    },
    {
      title: 'a megabyte of broken JSON',
      answer: use('todo', null, { json: `{"items": "${'x'.repeat(1_000_000)}` }),
      reads: /^true The arguments were too long/,
    },
  ]
  for (const { title, answer, reads } of calls) {
    await t.test(title, async () => {
      stage.model.next(answer)
      await terminal.ask('go')
      assert.match(last(terminal.said()), reads)
      await terminal.ask('/new')
      assert.match(await terminal.ask('and now?'), /plain$/)
    })
  }
})

test('a model that gives every call the same id has each call done, and reads each result at its own', async () => {
  await using stage = await openStage()
  using terminal = await openLiveClient(stage.home)
  const write = (text: string) => use('memory_write', { text }, { id: 'call_0' })
  const facts = ['The roof is red.', 'The cellar is dry.', 'The attic is empty.']
  stage.model.next(write(facts[0]!), write(facts[1]!), say('two'), write(facts[2]!), say('three'))
  assert.equal(last((await terminal.ask('note the house')).split('\n')), 'two')
  assert.equal(last((await terminal.ask('and the attic')).split('\n')), 'three')
  const ids = (pattern: RegExp) => [...stage.model.requests.at(-1)!.raw.matchAll(pattern)].map(([, id]) => id)
  const called = ids(/"type":"tool_use","id":"([^"]*)"/g)
  assert.equal(new Set(called).size, 3)
  assert.deepEqual(ids(/"tool_use_id":"([^"]*)"/g), called)
  const { stdout } = await runCoop(stage.home, ['memory', 'list'])
  for (const fact of facts) assert.ok(stdout.includes(fact), fact)
})

test('a model that calls tools without end is made to sum up', async () => {
  await using stage = await openStage()
  using terminal = await openLiveClient(stage.home)
  stage.model.otherwise = ({ body }) =>
    JSON.stringify(body.messages.at(-1)).includes('used all its steps')
      ? say('That was all.')
      : use('todo', {})
  assert.match(await terminal.ask('go'), /That was all\./)
  assert.equal(stage.model.requests.length, 41)
})

test('an answer that broke off reaches Telegram as one message that says so', async () => {
  await using stage = await openStage()
  stage.model.next(say('The first half of', { breaks: 'cut' }))
  stage.telegram.write(bob, 'hello')
  assert.match((await stage.reply(bob.id)).text, /^The first half of\n\n\[The answer broke off here\. .*\]$/)
})

test('who is not fully trusted reads no details of the provider', async () => {
  await using stage = await openStage()
  stage.model.next(refuse(400, 'account 4711 is in debt'))
  stage.telegram.write(bob, 'hello')
  const sent = await stage.reply(bob.id)
  assert.equal(sent.text, 'The provider refused this request. Say /retry, or /new to begin afresh.')
})

for (const status of [401, 403]) {
  test(`${status} is told as a refused key, also to the next message while the key rests`, async () => {
    await using stage = await openStage()
    stage.model.otherwise = () => refuse(status, 'invalid x-api-key')
    stage.telegram.write(bob, 'hello')
    assert.match(
      (await stage.reply(bob.id)).text,
      /^The provider refuses the key\. The owner has to check it/,
    )
    stage.telegram.write(bob, 'hello again')
    assert.match((await stage.reply(bob.id, 2)).text, /^The provider refuses the key/)
    assert.equal(stage.model.requests.length, 1)
    const log = stage.gateway.stderr()
    assert.doesNotMatch(log, /sk-ant-api03/)
  })
}

test('429 is waited for when it is short, and told when it is long', async () => {
  await using stage = await openStage()
  stage.model.next(refuse(429, 'slow down', 1))
  stage.telegram.write(bob, 'hello')
  assert.equal((await stage.reply(bob.id)).text, 'heard: hello')
  stage.model.next(refuse(429, 'slow down', 60))
  stage.telegram.write(bob, 'hello again')
  assert.match((await stage.reply(bob.id, 2)).text, /^The provider’s limit is reached for now/)
})

test('429 on one key goes on with the next key at once', async () => {
  await using stage = await openStage({
    toml: '[provider]\nname = "anthropic"\napi_keys = ["env:KEY_ONE", "env:KEY_TWO"]\n',
    env: { KEY_ONE: 'sk-ant-api03-the-first-key', KEY_TWO: 'sk-ant-oat01-a-second-token' },
  })
  stage.model.next(refuse(429, 'slow down', 60))
  stage.telegram.write(bob, 'hello')
  assert.equal((await stage.reply(bob.id)).text, 'heard: hello')
  const [first, second] = stage.model.requests
  assert.match(JSON.stringify(first!.headers), /sk-ant-api03-the-first-key/)
  assert.equal(first!.headers['anthropic-beta'], undefined)
  assert.equal(second!.headers.authorization, 'Bearer sk-ant-oat01-a-second-token')
  assert.equal(second!.headers['anthropic-beta'], 'oauth-2025-04-20')
})

test('a key that has used nine tenths of its limit is spared while another is left', async () => {
  await using stage = await openStage({
    toml: '[provider]\nname = "anthropic"\napi_keys = ["env:KEY_ONE", "env:KEY_TWO"]\n',
    env: { KEY_ONE: 'sk-ant-api03-the-first-key', KEY_TWO: 'sk-ant-api03-the-second-key' },
  })
  const headers = {
    'anthropic-ratelimit-tokens-limit': '1000',
    'anthropic-ratelimit-tokens-remaining': '80',
    'anthropic-ratelimit-tokens-reset': new Date(Date.now() + 600_000).toISOString(),
  }
  stage.model.next(say('worn', { headers }))
  for (const [index, reads] of ['worn', 'heard: again', 'heard: and again'].entries()) {
    stage.telegram.write(bob, index === 0 ? 'hello' : reads.replace('heard: ', ''))
    assert.equal((await stage.reply(bob.id, index + 1)).text, reads)
  }
  assert.deepEqual(
    stage.model.requests.map(request => String(request.headers['x-api-key']).slice(13)),
    ['the-first-key', 'the-second-key', 'the-second-key'],
  )
})

test('a key that OpenAI says is nearly used up is spared while another is left', async () => {
  await using openai = await openFakeOpenAI()
  await using stage = await openStage({
    toml: `[provider]\nname = "openai-compatible"\nid = "local"\nbase_url = "${openai.url}"\napi_keys = ["env:KEY_ONE", "env:KEY_TWO"]\n[models]\naliases = { quick = "local/small" }\n`,
    env: { KEY_ONE: 'the-first-key', KEY_TWO: 'the-second-key' },
  })
  stage.telegram.write(bob, '/model quick')
  await stage.reply(bob.id)
  const headers = {
    'x-ratelimit-limit-tokens': '1000',
    'x-ratelimit-remaining-tokens': '80',
    'x-ratelimit-reset-tokens': '10m0s',
  }
  openai.answer = () => ({ text: 'worn', headers })
  stage.telegram.write(bob, 'hello')
  await stage.reply(bob.id, 2)
  openai.answer = () => ({ text: 'fresh' })
  stage.telegram.write(bob, 'again')
  await stage.reply(bob.id, 3)
  assert.deepEqual(
    openai.requests.slice(-2).map(({ authorization }) => authorization),
    ['Bearer the-first-key', 'Bearer the-second-key'],
  )
})

test('a key that has rested is tried by one message alone, while another’s goes out with the next key', async () => {
  await using stage = await openStage({
    toml: '[provider]\nname = "anthropic"\napi_keys = ["env:KEY_ONE", "env:KEY_TWO"]\n',
    env: { KEY_ONE: 'sk-ant-api03-the-first-key', KEY_TWO: 'sk-ant-api03-the-second-key' },
  })
  const isFirst = ({ headers }: Recorded) => String(headers['x-api-key']).endsWith('the-first-key')
  stage.model.next(refuse(429, 'slow down', 2))
  stage.telegram.write(bob, 'hello')
  assert.equal((await stage.reply(bob.id)).text, 'heard: hello')
  assert.deepEqual(stage.model.requests.map(isFirst), [true, false])
  const { otherwise } = stage.model
  const trial = Promise.withResolvers<void>()
  stage.model.otherwise = async request => {
    if (isFirst(request)) await trial.promise
    return otherwise(request)
  }
  let written = 0
  await until('the first key is tried again', async () => {
    const before = stage.model.requests.length
    stage.telegram.write(bob, `tick ${++written}`)
    const asked = await until('the next request', () => stage.model.requests[before])
    if (!isFirst(asked)) await stage.reply(bob.id, written + 1)
    return isFirst(asked)
  })
  for (const [index, text] of ['one', 'two'].entries()) {
    stage.telegram.write(alice, text)
    assert.equal((await stage.reply(alice.id, index + 1)).text, `heard: ${text}`)
    assert.ok(!isFirst(stage.model.requests.at(-1)!), 'the key that is being tried is nobody else’s')
  }
  trial.resolve()
  assert.equal((await stage.reply(bob.id, written + 1)).text, `heard: tick ${written}`)
})

test('when the first model cannot answer, the fallback does', async () => {
  await using openai = await openFakeOpenAI()
  await using stage = await openStage({
    toml: `[models]
fallback = ["local/small"]
[[providers]]
name = "anthropic"
[[providers]]
name = "openai-compatible"
id = "local"
base_url = "${openai.url}"
`,
  })
  stage.model.otherwise = () => refuse(529)
  stage.telegram.write(bob, 'hello')
  assert.match((await stage.reply(bob.id)).text, /^heard: .*hello\n\n\[local\/small answered/s)
  assert.equal(openai.requests[0]!.body.model, 'small')
  await until('the answer in the trace', async () =>
    /instead=local\/small tried=anthropic\/claude-opus-4-6: overloaded, .*; .*overloaded, .*; .*overloaded, .* usd=0$/m.test(
      (await runCoop(stage.home, ['trace'])).stdout,
    ),
  )
  const { stdout } = await runCoop(stage.home, ['usage', '--by', 'model', '--json'])
  assert.deepEqual(
    stdout
      .trim()
      .split('\n')
      .map(line => (JSON.parse(line) as { name: string }).name),
    ['local/small'],
    'what another model said is booked as its own',
  )
})

test('the openai-compatible provider answers, calls tools and reads their results', async () => {
  await using openai = await openFakeOpenAI()
  await using stage = await openStage({
    toml: `[provider]
name = "openai-compatible"
id = "local"
base_url = "${openai.url}"
api_keys = ["env:LOCAL_KEY"]
[models]
aliases = { quick = "local/small" }
`,
    env: { LOCAL_KEY: 'local-key' },
  })
  stage.telegram.write(bob, '/model quick')
  assert.equal((await stage.reply(bob.id)).text, 'Answering from now on: local/small')
  openai.answer = body =>
    body.messages.at(-1)?.role === 'tool'
      ? { text: `result: ${String(body.messages.at(-1)?.content)}` }
      : { calls: [{ name: 'todo', json: '{"items": [{"text": "buy milk"}]}' }] }
  stage.telegram.write(bob, 'remember the milk')
  assert.equal((await stage.reply(bob.id, 2)).text, 'result: [ ] buy milk')
  assert.equal(openai.requests[0]!.authorization, 'Bearer local-key')
  openai.answer = () => ({ status: 401, message: 'no such key' })
  stage.telegram.write(bob, 'still there?')
  assert.match((await stage.reply(bob.id, 3)).text, /^The provider refuses the key/)
})

test('what others make of the chat completions API is read, told and booked for what it is', async t => {
  await using openai = await openFakeOpenAI()
  await using stage = await openStage({
    toml: `[provider]\nname = "openai-compatible"\nid = "local"\nbase_url = "${openai.url}"\ncontext_limits = { small = 8000 }\n[models]\naliases = { quick = "local/small" }\n`,
  })
  let replies = 0
  const reply = async () => (await stage.reply(bob.id, ++replies)).text
  stage.telegram.write(bob, '/model quick')
  await reply()
  const choice = (delta: object, finish: string | null = null) => ({
    choices: [{ index: 0, delta, finish_reason: finish }],
  })
  const call = (id: string) => ({ id, type: 'function', function: { name: 'todo', arguments: '{}' } })
  const cases: readonly { title: string; chunks: readonly object[]; cut?: true; reads: RegExp }[] = [
    {
      title: 'a refusal',
      chunks: [choice({ refusal: 'I would rather not.' }), choice({}, 'stop')],
      reads: /^I would rather not\.\n\n\[The model declined to answer this\.\]$/,
    },
    {
      title: 'nothing but reasoning',
      chunks: [choice({ content: null, reasoning_content: 'Hm.' }), choice({}, 'stop')],
      reads: /^The model sent an empty answer/,
    },
    {
      title: 'a usage that cannot be true, and chunks of nothing',
      chunks: [
        { object: 'sparkles' },
        choice({ content: 'counted' }),
        { choices: [], usage: { prompt_tokens: -7, completion_tokens: 9e15 } },
        choice({}, 'stop'),
      ],
      reads: /^counted$/,
    },
    {
      title: 'an error in the middle of the stream',
      chunks: [choice({ content: 'The first' }), { error: { message: 'out of memory' } }],
      reads: /^The first\n\n\[The answer broke off here/,
    },
    {
      title: 'a connection that breaks after text',
      chunks: [choice({ content: 'The first half' })],
      cut: true,
      reads: /^The first half\n\n\[The answer broke off here/,
    },
    {
      title: 'no choice at all, again and again',
      chunks: [],
      reads: /^The model’s answer was garbled or broke off/,
    },
    { title: 'an empty answer', chunks: [choice({}, 'stop')], reads: /^The model sent an empty answer/ },
    {
      title: 'only white space',
      chunks: [choice({ content: ' \n ' }), choice({}, 'stop')],
      reads: /^The model sent an empty answer/,
    },
    {
      title: 'an answer that a filter held back',
      chunks: [choice({ content: 'I was about' }), choice({}, 'content_filter')],
      reads: /^I was about\n\n\[The model declined to answer this\.\]$/,
    },
    {
      title: 'an answer at its length limit',
      chunks: [choice({ content: 'A very long' }), choice({}, 'length')],
      reads: /^A very long\n\n\[The answer reached its length limit here\.\]$/,
    },
  ]
  for (const { title, reads, ...answer } of cases) {
    await t.test(title, async () => {
      openai.answer = () => answer
      stage.telegram.write(bob, 'hello')
      assert.match(await reply(), reads)
    })
  }
  await t.test('calls without an index', async () => {
    openai.answer = body =>
      body.messages.at(-1)?.role === 'tool'
        ? { text: `results: ${body.messages.filter(({ role }) => role === 'tool').length}` }
        : {
            chunks: [
              choice({ tool_calls: [call('a')] }),
              choice({ tool_calls: [call('b')] }),
              choice({}, 'tool_calls'),
            ],
          }
    stage.telegram.write(bob, 'two at once')
    assert.equal(await reply(), 'results: 2')
  })
  /** What the model reads as the results of the calls that `chunks` hold. */
  const resultsOf = async (...chunks: readonly object[]) => {
    openai.answer = body =>
      body.messages.at(-1)?.role === 'tool'
        ? {
            text: body.messages.flatMap(({ role, content }) => (role === 'tool' ? [content] : [])).join('\n'),
          }
        : { chunks: [...chunks, choice({}, 'tool_calls')] }
    stage.telegram.write(bob, '/new')
    await reply()
    stage.telegram.write(bob, 'go')
    return await reply()
  }
  const part = (index: number, id: string, json: string) =>
    choice({ tool_calls: [{ index, id, type: 'function', function: { name: 'todo', arguments: json } }] })
  await t.test('two calls of one id each get a result', async () => {
    assert.equal(
      await resultsOf(part(0, 'same', '{}'), part(1, 'same', '{}')),
      'The list is empty.\nThe list is empty.',
    )
    const ids = openai.requests.at(-1)!.body.messages.flatMap(({ tool_call_id: id }) => id ?? [])
    assert.equal(new Set(ids).size, 2)
  })
  await t.test('arguments of a megabyte, whole or broken', async () => {
    const long = 'x'.repeat(1_000_000)
    for (const json of [`{"items":[{"text":"${long}"}]}`, `{"items":"${long}`])
      assert.match(await resultsOf(part(0, 'long', json)), /^The arguments were too long/)
  })
  await t.test('broken arguments', async () => {
    assert.match(await resultsOf(part(0, 'a', '{"items": [')), /^The arguments were not valid JSON/)
  })
  await t.test('a conversation is summed up before it outgrows a small context', async () => {
    const notes = stage.model.otherwise
    stage.model.otherwise = request =>
      request.raw.includes('You sum up') ? say('Promises: to bring the ladder back.') : notes(request)
    openai.answer = () => ({ text: 'go on' })
    stage.telegram.write(bob, '/new')
    await reply()
    const told = () => stage.telegram.sent(bob.id).some(({ text }) => text.startsWith('I have summed up'))
    for (let part = 0; !told(); part++) {
      assert.ok(part < 12, 'nothing was summed up')
      const asked = openai.requests.length
      stage.telegram.write(bob, `${part} ${'A long story of a boat. '.repeat(60)}`)
      await until('it is asked', () => openai.requests[asked])
      const { messages } = openai.requests[asked]!.body
      assert.ok(JSON.stringify(messages).length < 8_000 * 3.5, 'a request fits its model')
      await until(
        'it is answered',
        () => stage.telegram.sent(bob.id).filter(({ text }) => text === 'go on')[part],
      )
    }
    const asked = openai.requests.length
    stage.telegram.write(bob, 'and now?')
    await until('it is asked', () => openai.requests[asked])
    assert.match(JSON.stringify(openai.requests[asked]!.body.messages), /to bring the ladder back/)
  })
})
