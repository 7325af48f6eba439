// The short form of the torture run.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { torture } from './run.ts'

test('through kills at random instants every accepted message is answered once and no effect happens twice', async () => {
  const tally = await torture({ kills: 15 })
  assert.deepEqual(tally.violations, [])
  assert.ok(tally.telegram > 10 && tally.terminal > 0, JSON.stringify(tally))
})
