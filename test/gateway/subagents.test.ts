// Subagents: side by side, never wider than who sent them, capped, stopped, and through a crash at any commit.
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import type { ModelRequest } from '../../src/agent/model.ts'
import type { Block } from '../../src/store/entry.ts'
import { until } from '../support/until.ts'
import { type FakeModel, fakeChannel, fakeModel, messageFrom, openHouse, textOf } from '../trust/house.ts'

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
const spawn = (task: string, more: object = {}): Block => ({
  type: 'tool_call',
  id: `spawn${++calls}`,
  name: 'subagent',
  input: { action: 'spawn', task, ...more },
})
const use = (name: string, input: object): Block => ({ type: 'tool_call', id: `call${++calls}`, name, input })

/** The newest words that are no context line. */
const asked = (request: ModelRequest): string =>
  request.messages
    .flatMap(message => (message.role === 'user' ? message.blocks : []))
    .flatMap(block => (block.type === 'text' ? [block.text] : []))
    .at(-1) ?? ''
const results = (request: ModelRequest): string[] =>
  (request.messages.at(-1)?.blocks ?? []).flatMap(block => (block.type === 'tool_result' ? [block.text] : []))
const isSubagent = (request: ModelRequest) => textOf(request).includes('You are a subagent')

/** The agent sends off what `sent` says at the first step, and repeats what it got at the next. */
const agentThat = (
  sent: () => readonly Block[],
  child: FakeModel['say'] = request => `did ${asked(request)}`,
) =>
  fakeModel((request, signal) => {
    if (isSubagent(request)) return child(request, signal)
    if (asked(request) !== 'go') return `heard ${asked(request)}`
    const got = results(request)
    return got.length > 0 ? got.join(' + ') : sent()
  })

/** Works until somebody stops it. */
const untilStopped: FakeModel['say'] = (_request, signal) =>
  new Promise(resolve => {
    if (signal.aborted) resolve('')
    signal.addEventListener('abort', () => resolve(''))
  })

const houseWith = (model: FakeModel, toml = '') => {
  const tele = fakeChannel('tele')
  const house = openHouse({ toml: people + toml, channels: [tele], model })
  const texts = () => tele.sent.map(outbound => outbound.text)
  return { tele, house, texts, go: (who = 'alice', text = 'go') => tele.push(messageFrom('tele', who, text)) }
}

test('calls of one step work side by side, and their answers come back as their results', async () => {
  let together = 0
  let most = 0
  const model = agentThat(
    () => [spawn('the roof'), spawn('the cellar')],
    async request => {
      most = Math.max(most, ++together)
      await until('the other', () => most === 2)
      together--
      return `did ${asked(request)}`
    },
  )
  const { house, texts, go } = houseWith(model)
  await using _ = house
  go()
  await until('the reply', () => texts().length > 0)
  assert.deepEqual(texts(), ['did the roof + did the cellar'])
  await house.settled()
  assert.deepEqual(texts().length, 1)
})

test('while a turn waits for a subagent, its person is answered', async () => {
  let release = () => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  const model = agentThat(
    () => [spawn('slowly')],
    async () => {
      await held
      return 'found'
    },
  )
  const { house, texts, go } = houseWith(model)
  await using _ = house
  go()
  await until('the subagent', () => model.requests.some(isSubagent))
  go('alice', 'and meanwhile?')
  await until('an answer', () => texts().length === 1)
  release()
  await until('the other answer', () => texts().length === 2)
  assert.deepEqual(texts(), ['heard and meanwhile?', 'found'])
})

test('in the background the answer is a message of its own, and the conversation knows it', async () => {
  const model = agentThat(() => [spawn('the garden', { background: true })])
  const { house, texts, go } = houseWith(model)
  await using _ = house
  go()
  await until('both messages', () => texts().length === 2)
  assert.ok(texts().includes('did the garden'))
  assert.match(texts().find(text => text !== 'did the garden')!, /works in the background/)
  go('alice', 'what was it?')
  await until('the next answer', () => texts().length === 3)
  const last = model.requests.at(-1)!
  assert.ok(
    last.messages.some(
      message => message.role === 'assistant' && JSON.stringify(message).includes('did the garden'),
    ),
  )
})

test('a subagent has no more tools than its sender, none that need the person, and what was named of them', async () => {
  const model = agentThat(() => [spawn('all'), spawn('few', { tools: ['todo', 'memory_search'] })])
  const { house, texts, go } = houseWith(model)
  await using _ = house
  go()
  await until('the reply', () => texts().length > 0)
  const names = (task: string) =>
    model.requests
      .find(request => isSubagent(request) && asked(request) === task)!
      .tools.map(tool => tool.name)
  const own = model.requests[0]!.tools.map(tool => tool.name)
  assert.ok(own.includes('schedule') && own.includes('config'))
  assert.deepEqual(
    own.filter(name => !names('all').includes(name)),
    ['config', 'message', 'people', 'schedule'],
  )
  assert.ok(names('all').every(name => own.includes(name)))
  assert.deepEqual(names('few'), ['memory_search', 'todo'])
})

test('what a subagent may not have is named, with what it may', async () => {
  const model = agentThat(() => [
    spawn('a', { tools: ['schedule'] }),
    spawn('b', { profile: 'spy' }),
    spawn(' '),
    use('subagent', { action: 'stop' }),
    use('subagent', { action: 'stop', id: 'NONE' }),
  ])
  const { house, texts, go } = houseWith(model)
  await using _ = house
  go()
  await until('the reply', () => texts().length > 0)
  const said = texts()[0]!
  assert.match(said, /A subagent here has no schedule; it may have: .*todo/)
  assert.match(said, /There is no profile “spy”; there are: none\./)
  assert.match(said, /Say what it should do/)
  assert.match(said, /stop needs its id/)
  assert.match(said, /There is no subagent NONE/)
  assert.ok(!model.requests.some(isSubagent))
})

test('a profile gives its instructions, tools and steps', async () => {
  const model = agentThat(
    () => [spawn('look', { profile: 'reader' })],
    request => (/used all its steps/.test(textOf(request)) ? 'summed up' : [use('todo', {})]),
  )
  const profile =
    '\n[[subagents.profiles]]\nname = "reader"\ninstructions = "Name your sources."\ntools = ["todo"]\nsteps = 2\n'
  const { house, texts, go } = houseWith(model, profile)
  await using _ = house
  go()
  await until('the reply', () => texts().length > 0)
  assert.deepEqual(texts(), ['summed up'])
  const asks = model.requests.filter(isSubagent)
  assert.equal(asks.length, 3)
  assert.match(textOf(asks[0]!), /Name your sources\./)
  assert.deepEqual(
    asks[0]!.tools.map(tool => tool.name),
    ['todo'],
  )
})

test('depth and width are capped', async () => {
  const model = fakeModel(request => {
    const got = results(request)
    if (got.length > 0) return got.join(' + ')
    if (asked(request) === 'go') return [1, 2, 3].map(n => spawn(`deeper ${n}`))
    return request.tools.some(tool => tool.name === 'subagent') ? [spawn('deepest')] : 'the bottom'
  })
  const { house, texts, go } = houseWith(model, '\n[subagents]\nmax_depth = 2\nmax_children = 2\n')
  await using _ = house
  go()
  await until('the reply', () => texts().length > 0)
  assert.deepEqual(texts(), [
    'the bottom + the bottom + 2 subagents work for this conversation already; wait for one, or stop one.',
  ])
})

test('below the level that the configuration names there are none', async () => {
  const { house, go, texts } = houseWith(fakeModel())
  await using _ = house
  go('bob')
  await until('the reply', () => texts().length > 0)
  assert.ok(!house.model.requests[0]!.tools.some(tool => tool.name === 'subagent'))
  house.reload(`${people}\n[subagents]\ntrust = "inner"\n`)
  go('bob')
  await until('the reply', () => texts().length > 1)
  assert.ok(house.model.requests.at(-1)!.tools.some(tool => tool.name === 'subagent'))
})

test('/subagents lists and stops one, and its sender is told', async () => {
  const model = agentThat(() => [spawn('for ever')], untilStopped)
  const { house, texts, go } = houseWith(model)
  await using _ = house
  go()
  await until('the subagent', () => model.requests.some(isSubagent))
  go('alice', '/subagents')
  const list = await until('the list', () => texts()[0])
  const id = /^([A-Z0-9]{6}) {2}at work, 15 min left {2}for ever$/.exec(list)![1]!
  go('bob', `/subagents stop ${id}`)
  go('alice', `/subagents stop ${id}`)
  await until('the reply', () =>
    texts().find(text => text.includes('ended without an answer: it was stopped')),
  )
  assert.ok(texts().includes(`Subagent ${id} is being stopped.`))
  assert.equal(house.store.subagents.get(id)?.state, 'stopped')
})

test('/stop ends the turn that waits, and what it waits for', async () => {
  const model = agentThat(() => [spawn('for ever')], untilStopped)
  const { house, texts, go } = houseWith(model)
  await using _ = house
  go()
  await until('the subagent', () => model.requests.some(isSubagent))
  await until('the turn waits', () => house.store.turns.open().some(turn => turn.state === 'waiting'))
  go('alice', '/stop')
  await until('both words', () => texts().length === 2)
  await house.settled()
  assert.deepEqual(texts().sort(), ['Stopped.', 'Stopping.'])
  assert.deepEqual(house.store.turns.open(), [])
  assert.deepEqual(house.store.subagents.open(), [])
})

test('a subagent that runs out of time is stopped, though it only waits', async () => {
  const model = agentThat(() => [spawn('slow', { minutes: 0.001 })], untilStopped)
  const { house, texts, go } = houseWith(model)
  await using _ = house
  go()
  assert.match(await until('the reply', () => texts()[0]), /ended without an answer: it ran out of time\./)
})

test('a subagent carries the origin and the labels of who sent it, and its words are not remembered as the person’s', async () => {
  const model = agentThat(() => [spawn('note it')])
  const { house, texts, go } = houseWith(model)
  await using _ = house
  go()
  await until('the reply', () => texts().length > 0)
  const sent = house.store.subagents.newest('alice', 1)[0]!
  assert.equal(sent.origin, 'full')
  assert.deepEqual(sent.grant.reads, ['personal:alice', 'private', 'shared', 'social'])
  const spoken = house.store.spoken.turnsAfter(0, 10).map(turn => turn.session)
  assert.deepEqual(spoken, ['direct:alice'])
})

test('somebody who is lowered has their subagents lowered with them', async () => {
  let asks = 0
  const model = agentThat(
    () => [spawn('slow')],
    (request, signal) => (++asks === 1 ? untilStopped(request, signal) : 'with less'),
  )
  const { house, texts, go } = houseWith(model, '\n[subagents]\ntrust = "inner"\n')
  await using _ = house
  go()
  await until('the subagent', () => model.requests.some(isSubagent))
  await until('the turn waits', () => house.store.turns.open().some(turn => turn.state === 'waiting'))
  house.reload(`${people.replace('"full"', '"inner"')}\n[subagents]\ntrust = "inner"\n`)
  await until('a reply', () => texts().length > 0)
  await house.settled()
  assert.deepEqual(texts(), ['with less'])
  const again = model.requests.filter(isSubagent).at(-1)!
  assert.match(again.system.session, /whose trust is inner/)
  assert.deepEqual(
    house.store.subagents.newest('alice', 10).map(sent => [sent.state, sent.grant.acts]),
    [
      ['done', 'inner'],
      ['stopped', 'full'],
    ],
  )
  assert.deepEqual(house.store.subagents.open(), [])
})

test('a subagent in the background is not begun again for readers who may not see its task, and its person is told', async () => {
  const model = agentThat(
    () => [spawn('sell the house quietly', { background: true })],
    (request, signal) => untilStopped(request, signal),
  )
  const { house, texts, go } = houseWith(model, '\n[subagents]\ntrust = "inner"\n')
  await using _ = house
  go()
  await until('the subagent', () => model.requests.some(isSubagent))
  await until('the reply', () => texts().length > 0)
  house.reload(`${people.replace('"full"', '"inner"')}\n[subagents]\ntrust = "inner"\n`)
  await until('it is told', () => texts().some(text => /came to nothing/.test(text)))
  await house.settled()
  assert.equal(model.requests.filter(isSubagent).length, 1)
  assert.ok(!texts().some(text => text.includes('sell')))
  assert.deepEqual(house.store.subagents.open(), [])
})

/** What `kill -9` would leave at each commit while `work` goes on: the database as the disk has it then. */
async function everyCommit(home: () => string, work: () => Promise<void>): Promise<Map<string, Buffer>[]> {
  const kept: Map<string, Buffer>[] = []
  const probe = new Database(':memory:')
  const statement = Object.getPrototypeOf(probe.prepare('SELECT 1')) as {
    run: (this: Database.Statement, ...args: unknown[]) => unknown
  }
  probe.close()
  const { run } = statement
  statement.run = function (...args) {
    const result = run.apply(this, args)
    const { name, inTransaction } = this.database
    if (!inTransaction && name.endsWith('coop.db')) {
      const folder = join(home(), 'db')
      const files = readdirSync(folder).filter(file => /^coop\.db(-wal)?$/.test(file))
      kept.push(new Map(files.map(file => [file, readFileSync(join(folder, file))])))
    }
    return result
  }
  try {
    await work()
  } finally {
    statement.run = run
  }
  return kept
}

test('killed between any two commits, every subagent is answered once and its sender once', async () => {
  const script = () =>
    agentThat(() => [spawn('the roof'), spawn('the cellar'), spawn('the garden', { background: true })])
  const first = houseWith(script())
  const kept = await everyCommit(
    () => first.house.home,
    async () => {
      await using _ = first.house
      first.go()
      await until('both messages', () => first.texts().length === 2)
      await first.house.settled()
    },
  )
  assert.ok(kept.length > 15, `${kept.length} commits`)
  for (const [at, files] of kept.entries()) {
    const tele = fakeChannel('tele')
    await using house = openHouse({
      toml: people,
      channels: [tele],
      model: script(),
      seed(home) {
        mkdirSync(join(home, 'db'))
        for (const [file, bytes] of files) writeFileSync(join(home, 'db', file), bytes)
      },
    })
    await house.settled()
    const where = `killed after commit ${at + 1} of ${kept.length}`
    if (!house.store.inbox.get(1)) continue
    await until(
      `all is over, ${where}`,
      () => house.store.turns.open().length === 0 && house.store.subagents.open().length === 0,
    )
    await house.settled()
    const rows = house.store.db.prepare('SELECT state, body FROM outbox ORDER BY id').all() as {
      state: string
      body: string
    }[]
    const said = rows.map(row => (JSON.parse(row.body) as { text: string }).text)
    assert.equal(
      said.filter(text => text.startsWith('did the roof + did the cellar + Subagent')).length,
      1,
      where,
    )
    assert.equal(said.filter(text => text === 'did the garden').length, 1, where)
    assert.deepEqual([...new Set(rows.map(row => row.state))], ['sent'], where)
    assert.equal(said.length, 2, where)
  }
})
