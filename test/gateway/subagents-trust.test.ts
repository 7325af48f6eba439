// Trust across subagents: what one read counts for its sender, who reads along counts for it, and it asks and pays as its person.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { ModelRequest } from '../../src/agent/model.ts'
import type { Block } from '../../src/store/entry.ts'
import { type FakeToolServer, openFakeToolServer } from '../support/fake-tool-server.ts'
import { until } from '../support/until.ts'
import {
  type FakeModel,
  fakeChannel,
  fakeModel,
  type House,
  type HouseOptions,
  messageFrom,
  modelsOf,
  openHouse,
  textOf,
} from '../trust/house.ts'

const people = `
[[users]]
name = "Alice"
trust = "full"
match = ["tele:alice"]

[[users]]
name = "Bob"
trust = "inner"
match = ["tele:bob"]
`

let calls = 0
const use = (name: string, input: object): Block => ({ type: 'tool_call', id: `call${++calls}`, name, input })
const spawn = (task: string, more: object = {}) => use('subagent', { action: 'spawn', task, ...more })
const results = (request: ModelRequest): string[] =>
  (request.messages.at(-1)?.blocks ?? []).flatMap(block => (block.type === 'tool_result' ? [block.text] : []))
const isSubagent = (request: ModelRequest) => textOf(request).includes('You are a subagent')
const done = (request: ModelRequest): number =>
  request.messages.flatMap(({ blocks }) => blocks).filter(block => block.type === 'tool_result').length

/** Each step of a conversation in turn: what it calls, then what it says of the last result. */
const steps =
  (...planned: readonly (() => Block)[]): FakeModel['say'] =>
  request => {
    const next = planned[done(request)]
    return next ? [next()] : `end: ${results(request).join(' + ')}`
  }

/** One script for the agent, one for its subagents. */
const agentThat = (agent: FakeModel['say'], subagent: FakeModel['say']) =>
  fakeModel((request, signal) => (isSubagent(request) ? subagent : agent)(request, signal))

function houseWith(model: FakeModel, toml = '', more: Partial<HouseOptions> = {}) {
  const tele = fakeChannel('tele')
  const house = openHouse({ toml: people + toml, channels: [tele], model, ...more })
  const sentTo = (id: string) => tele.sent.filter(sent => sent.place.id === id).map(sent => sent.text)
  const question = () =>
    until('a question', () => {
      const text = sentTo('alice').find(said => said.includes('/approve '))
      const code = text && /\/approve (\w+)/.exec(text)?.[1]
      return text && code ? { text, code } : undefined
    })
  return {
    tele,
    house,
    sentTo,
    question,
    say: (who: string, text: string) => tele.push(messageFrom('tele', who, text)),
  }
}

/** Changes that a person at full trust makes without being asked, unless the prompt rests on outside text. */
const change = () =>
  use('config', { action: 'patch', changes: [{ key: 'groups', value: null }], why: 'a test' })
const note = () => use('memory_write', { text: 'The roof is to be mended in May.' })

describe('a subagent and text from outside', () => {
  let mail: FakeToolServer
  let toml: string
  before(async () => {
    mail = await openFakeToolServer()
    toml = `\n[[mcp]]\nname = "mail"\nurl = "${mail.url}"\nprivate = true\n`
  })
  after(() => mail?.[Symbol.asyncDispose]())
  const lookOutside = () => use('mcp', { action: 'search', server: 'mail' })

  test('what it read outside makes its sender ask before a change that it would make unasked', async () => {
    const clean = houseWith(
      agentThat(
        steps(() => spawn('think'), note, change),
        steps(),
      ),
      toml,
    )
    {
      await using _ = clean.house
      clean.say('alice', 'go')
      assert.match(await until('a reply', () => clean.sentTo('alice')[0]), /^end: /)
    }
    const tainted = houseWith(
      agentThat(
        steps(() => spawn('look'), change),
        steps(lookOutside),
      ),
      toml,
    )
    await using _ = tainted.house
    tainted.say('alice', 'go')
    const { text, code } = await tainted.question()
    assert.match(text, /This rests on what was read outside/)
    const result = lastResult(tainted.house, 'direct:alice', 'subagent')
    assert.equal(result.origin, 'derived')
    tainted.say('alice', `/deny ${code}`)
    await until('a reply', () => tainted.sentTo('alice').some(said => said.includes('The person said no.')))
  })

  test('outside text in its sender’s turn makes it ask, in the direct chat, before it changes what stays', async () => {
    const model = agentThat(
      steps(lookOutside, () => spawn('note it')),
      steps(note),
    )
    const { house, say, sentTo, question } = houseWith(model, toml)
    await using _ = house
    say('alice', 'go')
    const { text, code } = await question()
    assert.match(text, /^Text from outside is in this conversation/)
    assert.match(text, /memory_write .*The roof/)
    const [sent] = house.store.subagents.open()
    assert.equal(sent?.origin, 'outside')
    await until('both wait', () => house.store.turns.open().every(turn => turn.state === 'waiting'))
    say('alice', `/approve ${code}`)
    assert.match(
      await until('the reply', () => sentTo('alice').find(said => said.startsWith('end: '))),
      /end: end: /,
    )
    assert.equal(sentTo('alice').filter(said => said.startsWith('end: ')).length, 1)
    assert.equal(house.store.subagents.get(sent!.id)?.state, 'done')
  })

  test('a no to what it asks is its result, and its sender goes on', async () => {
    const model = agentThat(
      steps(lookOutside, () => spawn('note it')),
      steps(note),
    )
    const { house, say, sentTo, question } = houseWith(model, toml)
    await using _ = house
    say('alice', 'go')
    const { code } = await question()
    say('alice', `/deny ${code}`)
    const reply = await until('the reply', () => sentTo('alice').find(said => said.startsWith('end: ')))
    assert.equal(reply, 'end: end: The person said no.')
  })
})

const group =
  '\n[subagents]\ntrust = "inner"\n[[groups]]\nmatch = "tele:home"\nmembers = ["Alice", "Bob"]\nceiling = "inner"\n'
const inHome = (text: string) => messageFrom('tele', 'alice', text, { group: 'home', title: 'Home' })
const both = { kind: 'list', ids: ['alice', 'bob'] } as const

test('in a group a subagent sees what all readers may, and nothing of who sent it', async () => {
  const model = agentThat(
    steps(() => spawn('look')),
    steps(() => use('memory_search', { query: 'code word' })),
  )
  const { tele, house, say, sentTo } = houseWith(model, group)
  await using _ = house
  tele.membership.set('home', both)
  model.say = steps(() => use('memory_write', { text: 'The code word is tulip.', store: 'private' }))
  say('alice', 'remember')
  await until('it is remembered', () => sentTo('alice')[0])
  model.say = agentThat(
    steps(() => spawn('look')),
    steps(() => use('memory_search', { query: 'code word' })),
  ).say
  tele.push(inHome('go'))
  assert.match(await until('a reply', () => sentTo('home')[0]), /^end: end: /)
  const [sent] = house.store.subagents.newest('alice', 1)
  assert.deepEqual(sent?.grant.reads, ['shared', 'social'])
  for (const request of model.requests.filter(isSubagent)) assert.doesNotMatch(textOf(request), /tulip/)
})

for (const background of [true, false])
  test(`what it found ${background ? 'in the background' : 'for its sender'} is held back where a stranger reads by then`, async () => {
    let release = () => {}
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    const model = agentThat(
      steps(() => spawn('look', { background })),
      async () => {
        await held
        return 'tulip'
      },
    )
    const { tele, house, sentTo } = houseWith(model, group)
    await using _ = house
    tele.membership.set('home', both)
    tele.push(inHome('go'))
    await until('it works', () => model.requests.some(isSubagent))
    if (background) await until('the first reply', () => sentTo('home')[0])
    tele.membership.set('home', { kind: 'list', ids: ['alice', 'bob', 'mallory'] })
    release()
    const told = await until('the owner knows', () => sentTo('alice').find(said => /held back/.test(said)))
    assert.match(told, /Home/)
    await house.settled()
    assert.ok(!tele.sent.some(sent => sent.place.id === 'home' && sent.text.includes('tulip')))
  })

test('what it costs is its person’s, and a budget that it used up ends both in a plain sentence', async () => {
  const model = agentThat(
    steps(() => spawn('look', { steps: 5 })),
    steps(
      () => use('todo', {}),
      () => use('todo', {}),
      () => use('todo', {}),
    ),
  )
  const toml = '\n[subagents]\ntrust = "inner"\n[budget]\ndaily_usd = { bob = 1 }\n'
  const priced = () => ({ ...modelsOf(model), cost: () => 0.4 })
  const { house, say, sentTo } = houseWith(model, toml, {
    models: priced,
  })
  await using _ = house
  say('bob', 'go')
  assert.match(await until('a reply', () => sentTo('bob')[0]), /budget/)
  const spent = house.store.spending.sums('user', 0, null)
  assert.deepEqual(
    spent.map(({ name, calls: asked }) => [name, asked]),
    [['bob', 3]],
  )
  const [sent] = house.store.subagents.newest('bob', 1)
  assert.deepEqual([sent?.state, sent?.reason], ['failed', 'budget'])
})

test('what a subagent’s call may cost at most is held from its person while it runs', async () => {
  let release = () => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  const model = agentThat(
    steps(() => spawn('look', { background: true })),
    async () => {
      await held
      return 'found'
    },
  )
  // One call of this model holds some 40 cents; two of them are more than is left.
  const users = people.replace('match = ["tele:bob"]', 'match = ["tele:bob"]\nmodel = "fake/claude-opus-4-6"')
  const tele = fakeChannel('tele')
  await using _ = openHouse({
    toml: `${users}\n[subagents]\ntrust = "inner"\n[budget]\ndaily_usd = { bob = 0.45 }\n`,
    channels: [tele],
    model,
  })
  const texts = () => tele.sent.map(sent => sent.text)
  tele.push(messageFrom('tele', 'bob', 'go'))
  await until('it works', () => model.requests.some(isSubagent))
  await until('the first reply', () => texts()[0])
  const before = model.requests.length
  tele.push(messageFrom('tele', 'bob', 'and now?'))
  await until('a reply', () => texts()[1])
  const limited = model.requests.slice(before).filter(request => !isSubagent(request))
  assert.ok(
    limited.every(request => request.maxTokens < 16_000),
    'less is left for the other',
  )
  release()
  await until('the answer', () => texts().includes('found'))
})

function lastResult(house: House, session: string, tool: string) {
  const rows = house.store.db
    .prepare<[string], { body: string; origin: string }>(
      "SELECT body, origin FROM entry WHERE session = ? AND role = 'tool' ORDER BY id",
    )
    .all(session)
  const found = rows.findLast(({ body }) => body.includes(`"name":"${tool}"`))
  if (!found) throw new Error(`no result of ${tool}`)
  return found
}
