// The short form of the torture run.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { change } from './changes.ts'
import { torture } from './run.ts'

/** They take half a minute each, and many times that where the computer is busy. */
const timeout = 400_000

test('through kills at random instants every accepted message is answered once and no effect happens twice', {
  timeout,
}, async () => {
  const tally = await torture({ kills: 12 })
  assert.deepEqual(tally.violations, [])
  assert.ok(tally.telegram > 10 && tally.terminal > 0, JSON.stringify(tally))
})

test('killed while a household changes things, with commands killed beside it, nothing is lost, doubled or half written', {
  timeout,
}, async () => {
  const { asked, violations } = await change({ seed: 2, kills: 4 })
  assert.deepEqual(violations, [])
  assert.ok(Object.keys(asked).length > 6, JSON.stringify(asked))
})
