// Times in words become the rule or the local time that a person means, or nothing at all.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readWhen } from '../../../src/gateway/schedule/when.ts'
import { toldTime } from '../../../src/gateway/schedule/words.ts'

/** A Saturday, half past ten in the evening in Lisbon. */
const now = Date.UTC(2026, 10, 21, 22, 30)
const zone = 'Europe/Lisbon'

const local: readonly (readonly [words: string, time: string])[] = [
  ['tomorrow at 8', '2026-11-22T08:00:00'],
  ['tomorrow morning', '2026-11-22T08:00:00'],
  ['tomorrow', '2026-11-22T09:00:00'],
  ['on Friday', '2026-11-27T09:00:00'],
  ['next tuesday at 10:30', '2026-11-24T10:30:00'],
  ['at 7pm', '2026-11-22T19:00:00'],
  ['monday at 8', '2026-11-23T08:00:00'],
  ['on 24 December', '2026-12-24T09:00:00'],
  ['the day after tomorrow at noon', '2026-11-23T12:00:00'],
]
const rules: readonly (readonly [words: string, cron: string])[] = [
  ['every weekday at 7', '0 7 * * 1-5'],
  ['Every day at noon', '0 12 * * *'],
  ['every monday and thursday at 18:30', '30 18 * * 1,4'],
  ['every tuesday, wednesday and friday at 7.15am', '15 7 * * 2,3,5'],
  ['mondays at 8', '0 8 * * 1'],
  ['weekdays at 7', '0 7 * * 1-5'],
  ['weekends at 10', '0 10 * * 0,6'],
  ['daily at 6pm', '0 18 * * *'],
  ['every evening at 7', '0 19 * * *'],
  ['every 15 minutes', '*/15 * * * *'],
  ['every hour', '0 * * * *'],
  ['every 2 hours', '0 */2 * * *'],
  ['every month on the 1st at 9', '0 9 1 * *'],
  ['on the 15th of every month', '0 9 15 * *'],
]

test('a moment is said as people say it', async () => {
  for (const [words, time] of local)
    assert.deepEqual(await toldTime(words, zone, now), { local: time }, words)
  assert.deepEqual(await toldTime('in half an hour', zone, now), { at: now + 1_800_000 })
  assert.deepEqual(await toldTime('in two weeks', zone, now), { at: now + 14 * 86_400_000 })
})

test('so is what comes again and again', async () => {
  for (const [words, cron] of rules) assert.deepEqual(await toldTime(words, zone, now), { cron }, words)
})

test('what is understood in part is not understood', async () => {
  const others = [
    'on the 1st at 9',
    'every 7 minutes',
    'every day at 25',
    'at 25:00',
    'from 3 to 4pm',
    'dinner',
    '',
  ]
  for (const words of [...others, 'tomorrow and friday', 'every week', 'tomorrow at 8 unless it rains'])
    assert.equal(await toldTime(words, zone, now), null, words)
})

test('any text is a time to come, or a line that says what is', async () => {
  const piece = fc.constantFrom(
    'every',
    'day',
    'at',
    'on',
    '7',
    '31',
    'pm',
    'tomorrow',
    'in',
    'two',
    'hours',
    'the',
    '1st',
  )
  const words = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.array(piece, { maxLength: 6 }).map(all => all.join(' ')),
  )
  await fc.assert(
    fc.asyncProperty(words, async text => {
      const read = await readWhen(text, zone, now).catch((error: { code?: string; message: string }) => error)
      if ('message' in read) assert.match(read.message, /is not understood; write|is over, or never comes/)
      else assert.ok(read.cron !== null || read.at! > now)
    }),
  )
})
