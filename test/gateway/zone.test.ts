// A day begins when its first moment does, whatever was done to the clocks since.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dayStart } from '../../src/gateway/zone.ts'

const zones = [
  'UTC',
  'Europe/Lisbon',
  'America/St_Johns',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/Santiago',
]
const dayIn = (at: number, timeZone: string) => new Intl.DateTimeFormat('en-CA', { timeZone }).format(at)
const at = (text: string) => Date.parse(text)

test('a day begins at midnight of its zone', () => {
  assert.equal(dayStart(at('2026-11-21T19:30:00.250Z'), 'UTC'), at('2026-11-21T00:00:00Z'))
  assert.equal(dayStart(at('2026-11-21T19:30:00Z'), 'Asia/Tokyo'), at('2026-11-22T00:00:00+09:00'))
})

test('a day on which the clocks change begins at its midnight all the same', () => {
  const spring = at('2026-03-29T00:00:00+01:00')
  assert.equal(dayStart(at('2026-03-29T15:00:00+02:00'), 'Europe/Berlin'), spring)
  const autumn = at('2026-10-25T00:00:00+02:00')
  assert.equal(dayStart(at('2026-10-25T15:00:00+01:00'), 'Europe/Berlin'), autumn)
})

test('the beginning of a day is of that day, and the moment before it of the one before', () => {
  const moments = fc.integer({ min: at('2024-01-01T00:00:00Z'), max: at('2030-01-01T00:00:00Z') })
  fc.assert(
    fc.property(moments, fc.constantFrom(...zones), (now, zone) => {
      const start = dayStart(now, zone)
      assert.ok(start <= now)
      assert.equal(dayIn(start, zone), dayIn(now, zone))
      assert.notEqual(dayIn(start - 1, zone), dayIn(now, zone))
    }),
  )
})
