// All that memory does when nobody waits, in one call.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openImport } from '../../src/memory/transfer.ts'
import { allShelves, tendVectors, upkeep } from '../../src/memory/upkeep.ts'
import { asking, direct, openHome } from './people.ts'

test('what waits is captured and tidied in one call, and embedded in another', async () => {
  const embed = async (texts: readonly string[]) => texts.map(() => Float32Array.from([1, 0]))
  using home = openHome({ embedding: { provider: 'openai', model: 'm', stores: ['social'], embed } })
  const view = home.memory.open(direct('alice'))
  view.write({ text: 'The heron nests', store: 'social' }, asking('alice'))
  const turn = {
    position: 1,
    session: 's',
    clearance: direct('bob'),
    said: [
      {
        entry: 1,
        name: 'Bob',
        author: 'bob',
        text: 'I keep bees',
        origin: 'inner' as const,
        labels: direct('bob').reads,
        at: 1,
      },
    ],
  }
  const report = await upkeep(home.memory, {
    source: { turnsAfter: position => (position < 1 ? [turn] : []) },
    complete: async prompt =>
      prompt.includes('I keep bees') ? '[{"act":"ADD","from":1,"text":"Bob keeps bees"}]' : '',
    retention: {
      compressAfterDays: 14,
      smallestCluster: 3,
      archiveAfterDays: 30,
      deleteArchiveAfterDays: 365,
      maxRows: 200,
    },
    signal: AbortSignal.timeout(10_000),
  })
  assert.deepEqual(report, {
    capture: { turns: 1, facts: 1 },
    retention: { summarised: 0, archived: 0, deleted: 0, more: false },
  })
  const vectors = await tendVectors(home.memory, AbortSignal.timeout(10_000))
  assert.deepEqual(vectors, { embedded: 1, left: 0 })
})

test('many people’s files are opened in turn and only a few stay open', () => {
  using home = openHome()
  const { files } = home.memory.room
  for (let index = 0; index < 40; index++) {
    files
      .shelf({ id: 'familiar', owner: `person${index}` })
      .sql('SELECT 1 FROM mem_familiar')
      .all()
  }
  assert.equal(allShelves(home.memory.room).length, 3 + 40 * 3)
  files.closeIdle(Number.MAX_SAFE_INTEGER)
  assert.equal(
    files.shelf({ id: 'familiar', owner: 'person3' }).sql('SELECT count(*) AS n FROM mem_familiar').get() !==
      undefined,
    true,
  )
  assert.throws(() => files.shelf({ id: 'familiar', owner: '../alice' }), { code: 'input_invalid' })
})

test('what was said at a higher level comes back at that level through export and import', async () => {
  using one = openHome()
  const lines = [
    {
      kind: 'turn' as const,
      store: 'personal',
      level: 'full' as const,
      text: 'The heron of the safe',
      session: 's',
      seq: 1,
    },
    { kind: 'turn' as const, store: 'personal', text: 'The heron of nowhere', session: 's', seq: 2 },
    { kind: 'fact' as const, store: 'personal', level: 'familiar' as const, text: 'The heron of everywhere' },
  ]
  const into = openImport()
  one.memory.open(direct('alice')).import(into, lines)
  into.finish()
  const exported = [...one.memory.open(direct('alice')).export()].map(
    line => JSON.parse(line) as (typeof lines)[number],
  )
  using two = openHome()
  two.memory.open(direct('alice')).import(into, exported)
  into.finish()
  for (const home of [one, two]) {
    assert.equal((await home.memory.open(direct('alice')).search('heron')).length, 3)
    assert.deepEqual(
      (await home.memory.open(direct('alice', 'discord')).search('heron')).map(memo => memo.text),
      ['The heron of everywhere'],
    )
  }
})
