// The moment by which things are old follows the clock, but does not jump with it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { momentOfAge } from '../../src/store/age.ts'
import { openTestStore } from './open.ts'

const dayMs = 86_400_000
const start = Date.parse('2026-11-21T12:00:00Z')

test('the moment of age is the clock’s, while that goes as it should', t => {
  const { store } = openTestStore(t)
  for (let hours = 0; hours < 48; hours += 6) {
    const clock = start + hours * 3_600_000
    assert.equal(momentOfAge(store.settings, clock), clock)
  }
})

test('a clock set forward by ten years ages nothing by more than a week, and set right again by nothing', t => {
  const { store } = openTestStore(t)
  momentOfAge(store.settings, start)
  const wrong = start + 3_650 * dayMs
  assert.equal(momentOfAge(store.settings, wrong), start + 7 * dayMs)
  assert.equal(momentOfAge(store.settings, wrong + dayMs), start + 8 * dayMs)
  assert.equal(momentOfAge(store.settings, start + 2 * dayMs), start + 2 * dayMs)
  assert.equal(momentOfAge(store.settings, start + 3 * dayMs), start + 3 * dayMs)
})

test('whatever a clock does, the moment of age is never ahead of it, nor moves on by more than a week at a look', t => {
  const { store } = openTestStore(t)
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 2, maxLength: 12 }), days => {
      store.settings.remove('gateway', 'age')
      let last: number | undefined
      for (const day of days) {
        const moment = momentOfAge(store.settings, day * dayMs)
        assert.ok(moment <= day * dayMs)
        if (last !== undefined) assert.ok(moment - last <= 7 * dayMs)
        last = moment
      }
    }),
    { numRuns: 50 },
  )
})
