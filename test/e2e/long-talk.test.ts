// What makes a conversation last, through the running gateway: thinking kept, reads side by side, claims held, the older part summed up, every call followed.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { newest, refuse, resultsIn, say, use } from '../support/fake-anthropic.ts'
import { openLoopback } from '../support/loopback.ts'
import { alice, openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'

/** Tool servers that answer only once all of them were asked. */
const asked = new Set<string>()
const together = Promise.withResolvers<void>()
const slow = await Promise.all(
  ['north', 'south'].map(async name => ({
    name,
    server: await openLoopback(async (_request, response) => {
      asked.add(name)
      if (asked.size === 2) together.resolve()
      await together.promise
      response.writeHead(404).end()
    }),
  })),
)
const stage = await openStage({
  toml: `[models]\nfast = "anthropic/claude-haiku-4-5"\n${slow
    .map(({ name, server }) => `[[mcp]]\nname = "${name}"\nurl = "${server.url}/mcp"\nprivate = true\n`)
    .join('')}`,
})
after(async () => {
  await stage[Symbol.asyncDispose]()
  for (const { server } of slow) await server[Symbol.asyncDispose]()
})

const sent = () => stage.telegram.sent(alice.id)
const isReply = (text: string) => !text.startsWith('I have summed up')
/** Alice says something and reads the reply. */
async function tell(text: string): Promise<string> {
  const before = sent().filter(one => isReply(one.text)).length
  stage.telegram.write(alice, text)
  const reply = await until(
    `a reply to ${text.slice(0, 40)}`,
    () => sent().filter(one => isReply(one.text))[before],
  )
  return reply.text
}
const lastBody = () => stage.model.requests.at(-1)!.body

test('thinking and its signature stay in front of the call that came of them', async () => {
  stage.model.next(
    say('', { thinking: 'A list, then.', calls: [{ name: 'todo', input: { items: [{ text: 'milk' }] } }] }),
    say('noted'),
  )
  assert.equal(await tell('milk, please'), 'noted')
  const step = lastBody().messages.at(-2)!
  assert.deepEqual(
    step.content.map(({ type }) => type),
    ['thinking', 'tool_use'],
  )
  assert.deepEqual([step.content[0]!.thinking, step.content[0]!.signature], ['A list, then.', 'signed:13'])
})

test('thinking goes back within its turn alone, and not once more where it is refused', async () => {
  const thinks = () =>
    lastBody().messages.some(({ content }) => content.some(({ type }) => type === 'thinking'))
  assert.ok(thinks())
  await tell('and then?')
  assert.ok(!thinks(), 'the turn of that thinking is over')
  stage.model.next(
    say('', { thinking: 'A list again.', calls: [{ name: 'todo', input: {} }] }),
    refuse(400, 'messages.5.content.0: Invalid `signature` in `thinking` block'),
    say('noted without'),
  )
  assert.equal(await tell('once more'), 'noted without')
  assert.ok(!thinks())
})

test('calls that only read run side by side, and their results come back in order', async () => {
  stage.model.next(
    say('', { calls: slow.map(({ name }) => ({ name: 'mcp', input: { action: 'search', server: name } })) }),
    say('both asked'),
  )
  assert.equal(await tell('what can they do?'), 'both asked')
  assert.deepEqual([...asked].sort(), ['north', 'south'])
  const results = resultsIn(lastBody()).map(({ text }) => text)
  assert.equal(results.length, 2)
  for (const [index, { name }] of slow.entries())
    assert.match(
      results[index]!,
      new RegExp(`^The tool server "${name}" does not work: it answered with status 404\\.$`),
    )
})

test('a claim that no call bears out is taken back before anybody reads it', async () => {
  stage.model.next(say("I've set a daily reminder for you."), say('I did not set one yet. Shall I?'))
  assert.equal(await tell('remind me to water the plants?'), 'I did not set one yet. Shall I?')
  assert.ok(!sent().some(({ text }) => text.includes('daily reminder')))
  assert.match(JSON.stringify(lastBody().messages.at(-1)), /scheduled/)
})

test('a request that is too long is summed up once and asked again; what was said before is known and found', async () => {
  await tell('/new')
  stage.model.otherwise = () => say('go on')
  await tell('The code word of the shed is tulip.')
  for (let part = 0; part < 5; part++) await tell(`${part} ${'A long story of a boat. '.repeat(450)}`)
  const before = stage.model.requests.length
  let long = true
  stage.model.otherwise = ({ body }) => {
    if (body.system[0]?.text?.startsWith('You sum up'))
      return say(
        `Facts:\n${JSON.stringify(body).includes('tulip') ? 'The code word of the shed is tulip.' : ''}`,
      )
    if (long) {
      long = false
      return refuse(400, 'prompt is too long: 210000 tokens > 200000 maximum')
    }
    return say(`after: ${newest(body)}`)
  }
  assert.equal(await tell('and now?'), 'after: and now?')
  const [refused, summing, again] = stage.model.requests.slice(before)
  assert.match(summing!.raw, /You sum up/)
  assert.equal(summing!.body.model, 'claude-haiku-4-5', 'the cheap model does it')
  assert.ok(again!.raw.length < refused!.raw.length - 10_000)
  assert.match(
    again!.raw,
    /\[Notes on the earlier part of this conversation\]\\nFacts:\\nThe code word of the shed is tulip/,
  )
  assert.equal(stage.model.requests.length, before + 3)

  stage.model.otherwise = ({ body }) => {
    const [found] = resultsIn(body)
    return found ? say(found.text) : use('memory_search', { query: 'code word shed' })
  }
  await until('it is found', async () => {
    // Memory takes in what was said once nobody has said anything for a moment.
    await sleep(2_000)
    return (await tell('what was it, word for word?')).includes('is tulip.')
  })
})

test('a turn that has read more than the model holds goes on without what it read first', async () => {
  await tell('/new')
  const read = (name: string) =>
    use('todo', { items: Array.from({ length: 40 }, () => ({ text: `${name} `.repeat(80) })) })
  stage.model.next(
    read('north'),
    read('east'),
    read('south'),
    read('west'),
    refuse(400, 'prompt is too long: 210000 tokens > 200000 maximum'),
  )
  stage.model.otherwise = () => say('read all four')
  assert.equal(await tell('read them all'), 'read all four')
  const results = lastBody().messages.flatMap(({ content }) =>
    content.flatMap(block => (block.type === 'tool_result' ? [String(block.content)] : [])),
  )
  assert.deepEqual(
    results.map(text => /^\[Coop: left out/.test(text)),
    [true, true, false, false],
  )
})

test('/compact sums up at once, tells so in one line, and the conversation goes on', async () => {
  // The cheap model cannot: then the agent's own does.
  stage.model.otherwise = ({ body }) =>
    !body.system[0]?.text?.startsWith('You sum up')
      ? say('go on')
      : body.model === 'claude-haiku-4-5'
        ? refuse(400, 'not today')
        : say('Facts:\nA boat.')
  for (let part = 0; part < 5; part++) await tell(`${part} ${'Another story of a boat. '.repeat(450)}`)
  const told = () => sent().filter(({ text }) => text.startsWith('I have summed up'))
  const before = told().length
  await tell('/compact')
  const line = await until('the line', () => told()[before])
  assert.doesNotMatch(line.text, /\n/)
  assert.equal(await tell('still there?'), 'go on')
  assert.match(stage.model.requests.at(-1)!.raw, /Facts:\\nA boat\./)
})

test('coop trace --follow shows each call as it ends, with tokens and cost, until it is stopped', async () => {
  const program = fileURLToPath(new URL('../../src/bin.js', import.meta.url))
  const child = spawn(process.execPath, [program, 'trace', '--follow'], { env: stage.home.env })
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    shown += text
  })
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  try {
    // It shows what comes, so it has to be there first: of the message in which it came it may show a part.
    await until('the spans of a message are shown', async () => {
      await tell('hello')
      return ['model', 'turn', 'delivery'].every(name => shown.includes(`\n${name}  `))
    })
    assert.match(
      shown,
      /^model {2}[\d:.]+ {2}[\d.]+ ms {2}model=anthropic\/claude-opus-4-6 .*input=100 .*usd=0\.\d+/m,
    )
    assert.match(shown, /^turn {2}.*outcome=reply/m)
    assert.doesNotMatch(shown, /hello/)
  } finally {
    child.kill('SIGINT')
  }
  assert.ok([0, 130].includes((await ended) ?? -1))
})
