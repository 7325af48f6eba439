// What disappears from its chat disappears from memory, to the last byte.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { capture, type SpokenTurn } from '../../src/memory/capture.ts'
import { expireEntries } from '../../src/memory/expire.ts'
import type { Complete } from '../../src/memory/facts.ts'
import { filesHolding } from '../support/holding.ts'
import { asking, direct, type Home, openHome } from './people.ts'

const signal = AbortSignal.timeout(60_000)

const turn = (entry: number, text: string): SpokenTurn => ({
  position: entry,
  session: 'direct:bob',
  clearance: direct('bob'),
  said: [
    {
      entry,
      name: 'Bob',
      author: 'bob',
      text,
      origin: 'inner',
      labels: [...direct('bob').reads],
      at: entry,
    },
  ],
})

const run = (home: Home, turns: readonly SpokenTurn[], complete: Complete | null) =>
  capture(
    home.memory.room,
    { turnsAfter: after => turns.filter(one => one.position > after) },
    complete,
    signal,
  )

const texts = (home: Home) =>
  home.memory
    .open(direct('bob'))
    .list({ limit: 100 })
    .map(memo => memo.text)
    .sort()

test('the words of entries and what was inferred from them go, to the last byte; the rest stays', async () => {
  using home = openHome()
  const complete: Complete = async () =>
    JSON.stringify([{ act: 'ADD', from: 1, text: 'Bob hides the zanzibar key' }])
  await run(home, [turn(1, 'the zanzibar key is under the mat'), turn(2, 'herons are back')], complete)
  home.memory.open(direct('bob')).write({ text: 'Bob likes tea' }, asking('bob'))
  assert.equal(texts(home).length, 4)
  const gone = await expireEntries(home.memory.room, [1])
  assert.equal(gone.length, 2)
  assert.deepEqual(texts(home), ['Bob likes tea', 'herons are back'])
  assert.deepEqual(filesHolding(home.folder, 'zanzibar'), [])
  assert.deepEqual(await expireEntries(home.memory.room, [1]), [])
})

test('a fact whose words disappeared while the model read them is not kept', async () => {
  using home = openHome()
  await run(home, [turn(1, 'the zanzibar key is under the mat')], async () => {
    await expireEntries(home.memory.room, [1])
    return JSON.stringify([{ act: 'ADD', from: 1, text: 'Bob hides the zanzibar key' }])
  })
  assert.deepEqual(texts(home), [])
})
