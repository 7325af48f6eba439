// A long conversation summed up by label: nothing crosses from one to another, and nothing is lost.
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { viewOf } from '../../../src/access/clear.ts'
import type { Household, Person } from '../../../src/access/household.ts'
import { type ModelRequest, noUsage, type StreamModel } from '../../../src/agent/model.ts'
import { sizeOf } from '../../../src/agent/window.ts'
import { openCompactor } from '../../../src/gateway/side-work/compaction.ts'
import { silentLog } from '../../../src/log.ts'
import { openStore } from '../../../src/store/store.ts'

const alice: Person = {
  id: 'alice',
  name: 'Alice',
  level: 'full',
  maxLevel: {},
  matches: ['terminal:default'],
}
const household: Household = {
  revision: 1,
  people: new Map([['alice', alice]]),
  byMatch: new Map([['terminal:default', 'alice']]),
  groups: new Map(),
  unknown: 'pair',
  publicDailyMessages: 0,
}
const clearance = viewOf(alice, 'terminal', household)
const place = { session: 'direct:alice', epoch: 0, turn: null, trace: 't' }

type Notes = string | { readonly stop: 'max_tokens' | 'refusal' } | null

function setUp(answer: (request: ModelRequest) => Notes, context = 200_000) {
  const store = openStore(join(mkdtempSync(join(tmpdir(), 'coop-')), 'coop.db'), 'migrations/coop')
  store.sessions.ensure({ id: 'direct:alice', kind: 'direct', person: 'alice', title: null }, 1)
  const requests: ModelRequest[] = []
  const stream: StreamModel = async function* (request) {
    requests.push(request)
    const notes = answer(request)
    if (notes === null) return yield { type: 'failed', kind: 'network', message: 'down' }
    const [text, stop] = typeof notes === 'string' ? [notes, 'end' as const] : ['half of the', notes.stop]
    yield { type: 'done', blocks: [{ type: 'text', text }], stop, usage: noUsage }
  }
  const compactor = openCompactor({
    store,
    stream: () => stream,
    cost: () => 0.5,
    models: () => ['x/y', 'x/large'],
    contextOf: () => context,
    nameOf: name => name,
    log: silentLog(),
    now: () => 2,
  })
  const say = (text: string, labels: readonly string[] = clearance.reads) => {
    store.transcript.append(
      place,
      { role: 'user', blocks: [{ type: 'text', text }], author: 'alice', labels, origin: 'full' },
      1,
    )
    store.transcript.append(
      place,
      { role: 'assistant', blocks: [{ type: 'text', text: 'Good.' }], author: null, labels, origin: 'agent' },
      1,
    )
  }
  const shown = (as = clearance) => {
    const session = store.sessions.get('direct:alice')!
    return store.transcript.view(as).entries('direct:alice', 0, session.windowFrom)
  }
  return { store, compactor, requests, say, shown }
}

const long = 'word '.repeat(1_500)
const run = (compactor: ReturnType<typeof setUp>['compactor'], as = clearance) =>
  compactor.compact(as, 'direct:alice', 't', new AbortController().signal)

test('compact leaves the newest part and one summary a label', async () => {
  using rig = useStore(
    setUp(
      request => `notes ${JSON.stringify(request.messages).includes('tulip') ? 'with tulip' : 'without'}`,
    ),
  )
  rig.say('a public thing', ['social'])
  rig.say(`the code word is tulip ${long}`)
  for (let index = 0; index < 30; index++) rig.say(`${index} ${long}`)
  assert.ok(rig.compactor.isDue(rig.shown(), 200_000))
  assert.ok(await run(rig.compactor))
  const summaries = rig.shown().filter(entry => entry.role === 'summary')
  assert.deepEqual(
    summaries.map(entry => [entry.labels, entry.blocks]),
    [
      [
        ['social'],
        [{ type: 'text', text: '[Notes on the earlier part of this conversation]\nnotes without' }],
      ],
      [
        clearance.reads,
        [{ type: 'text', text: '[Notes on the earlier part of this conversation]\nnotes with tulip' }],
      ],
    ],
  )
  const [spent] = rig.store.spending.sums('job', 0)
  assert.deepEqual([spent?.name, spent?.calls, spent?.usd], ['compaction', 2, 1])
  assert.ok(!rig.compactor.isDue(rig.shown(), 200_000))
  assert.match(JSON.stringify(rig.shown().findLast(entry => entry.role === 'user')), /"29 word/)
})

test('compact gives the model of one label nothing of another', async () => {
  using rig = useStore(setUp(() => 'notes'))
  rig.say('only social', ['social'])
  for (let index = 0; index < 30; index++) rig.say(`secret ${long}`)
  assert.ok(await run(rig.compactor))
  const social = rig.requests.filter(request => JSON.stringify(request).includes('only social'))
  assert.equal(social.length, 1)
  assert.ok(!JSON.stringify(social[0]).includes('secret'))
})

test('a second compaction replaces the first summary and hands it on', async () => {
  using rig = useStore(
    setUp(request => (JSON.stringify(request.messages).includes('tulip') ? 'the word is tulip' : 'notes')),
  )
  rig.say('the code word is tulip')
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < 30; index++) rig.say(long)
    assert.ok(await run(rig.compactor))
  }
  const summaries = rig.shown().filter(entry => entry.role === 'summary')
  assert.equal(summaries.length, 1)
  assert.match(JSON.stringify(summaries), /tulip/)
})

test('what a lower clearance does not cover stays, and is summed up once somebody may read it', async () => {
  using rig = useStore(
    setUp(request => `notes on ${(JSON.stringify(request).match(/tulip|daisy/g) ?? []).join()}`),
  )
  const lower = clearance.narrow({ reads: ['social'] })
  rig.say('only for some: tulip')
  rig.say('for all: daisy', ['social'])
  for (let index = 0; index < 30; index++) rig.say(long, ['social'])
  assert.ok(await run(rig.compactor, lower))
  assert.ok(!rig.requests.some(request => JSON.stringify(request).includes('tulip')))
  assert.ok(!rig.compactor.isDue(rig.shown(lower), 200_000), 'the lower one is short again')
  assert.ok(!rig.shown(lower).some(entry => JSON.stringify(entry.blocks).includes('for all')))
  assert.match(JSON.stringify(rig.shown(lower)), /notes on daisy/)
  assert.match(JSON.stringify(rig.shown()), /only for some: tulip/)
  for (let index = 0; index < 30; index++) rig.say(long)
  assert.ok(await run(rig.compactor))
  const summaries = rig.shown().filter(entry => entry.role === 'summary')
  assert.match(JSON.stringify(summaries), /notes on tulip/)
  assert.match(JSON.stringify(summaries), /notes on daisy/)
})

test('without a summary nothing leaves, until the conversation is twice too long', async () => {
  using rig = useStore(setUp(() => null))
  for (let index = 0; index < 25; index++) rig.say(long)
  assert.equal(await run(rig.compactor), false)
  for (let index = 0; index < 25; index++) rig.say(long)
  assert.equal(await run(rig.compactor), true)
})

test('when the cheap model writes no notes, the agent’s own does; notes cut off or refused count as none', async () => {
  for (const stop of ['max_tokens', 'refusal', 'fails'] as const) {
    using rig = useStore(
      setUp(request =>
        request.model === 'x/y' ? (stop === 'fails' ? null : { stop }) : 'notes by the large one',
      ),
    )
    for (let index = 0; index < 30; index++) rig.say(long)
    assert.ok(await run(rig.compactor))
    assert.match(JSON.stringify(rig.shown()), /notes by the large one/)
    assert.doesNotMatch(JSON.stringify(rig.shown()), /half of the/)
    const spent = rig.store.spending.sums('model', 0).map(({ name, calls }) => [name, calls])
    assert.deepEqual(
      spent,
      stop === 'fails'
        ? [['x/large', 1]]
        : [
            ['x/large', 1],
            ['x/y', 1],
          ],
    )
  }
})

test('a model of a small context has its conversation summed up early enough', async () => {
  using rig = useStore(setUp(() => 'notes', 8_000))
  for (let index = 0; index < 60; index++) rig.say('a short message, one of many '.repeat(8))
  assert.ok(!rig.compactor.isDue(rig.shown(), 200_000))
  assert.ok(rig.compactor.isDue(rig.shown(), 8_000))
  assert.ok(await run(rig.compactor))
  assert.ok(sizeOf(rig.shown()) < 1_200)
})

test('what a waiting turn said stays in the prompt', async () => {
  using rig = useStore(setUp(() => 'notes'))
  rig.store.turns.begin(
    { ...place, turn: 'waiting' },
    clearance.grant(),
    [],
    [
      {
        role: 'user',
        blocks: [{ type: 'text', text: 'send it' }],
        author: 'alice',
        labels: clearance.reads,
        origin: 'full',
      },
    ],
    1,
  )
  rig.store.turns.setState('waiting', 'waiting')
  for (let index = 0; index < 30; index++) rig.say(long)
  await run(rig.compactor)
  assert.ok(rig.shown().some(entry => entry.turn === 'waiting'))
})

function useStore<T extends { store: Disposable }>(rig: T): T & Disposable {
  return { ...rig, [Symbol.dispose]: () => rig.store[Symbol.dispose]() }
}

test('what will disappear from its chat is not summed up', async () => {
  using rig = useStore(setUp(request => JSON.stringify(request.messages).slice(0, 5_000)))
  const inbound = {
    channel: 'signal',
    externalId: 'a',
    place: { channel: 'signal', kind: 'direct', id: 'a' },
    sender: { channel: 'signal', id: 'a', name: 'Alice' },
    text: 'the tulip code',
    at: 0,
    expiresMs: 60_000,
  } as const
  rig.store.inbox.admit([{ inbound, trace: 'fleeting' }], 1)
  rig.store.transcript.append(
    { ...place, trace: 'fleeting' },
    {
      role: 'user',
      blocks: [{ type: 'text', text: 'the tulip code' }],
      author: 'alice',
      labels: clearance.reads,
      origin: 'full',
    },
    1,
  )
  for (let index = 0; index < 30; index++) rig.say(`${index} ${long}`)
  assert.ok(await run(rig.compactor))
  assert.doesNotMatch(JSON.stringify(rig.requests), /tulip/)
  assert.ok(rig.shown().some(entry => entry.role === 'summary'))
})
