// Dates in a text, named or reckoned from the day it was said.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dateTerms, isoDay, namedDates, spansIn } from '../../src/memory/dates.ts'

const monday = Date.UTC(2023, 4, 8, 13, 56)

test('namedDates reads dates in several forms', () => {
  const may7 = { year: 2023, month: 5, day: 7 }
  for (const text of [
    '2023-05-07',
    '7 May 2023',
    '7th of May, 2023',
    'May 7, 2023',
    'may 7th 2023',
    '7.5.2023',
  ]) {
    assert.deepEqual(namedDates(`It was ${text}.`), [may7], text)
  }
  assert.deepEqual(namedDates('in May 2023'), [{ year: 2023, month: 5 }])
  assert.deepEqual(namedDates('in March'), [{ month: 3 }])
  assert.deepEqual(namedDates('during 2022'), [{ year: 2022 }])
})

test('namedDates takes neither a verb nor an impossible day for a date', () => {
  assert.deepEqual(namedDates('You may march on'), [])
  assert.deepEqual(namedDates('2023-13-45'), [])
})

test('spansIn resolves relative days against the day they were said', () => {
  const days = (text: string) => spansIn(text, monday).map(span => [isoDay(span.from), span.precision])
  assert.deepEqual(days('I went yesterday'), [['2023-05-07', 'day']])
  assert.deepEqual(days('two days ago'), [['2023-05-06', 'day']])
  assert.deepEqual(days('last Friday'), [['2023-05-05', 'day']])
  assert.deepEqual(days('last Monday'), [['2023-05-01', 'day']])
  assert.deepEqual(days('next month'), [['2023-06-01', 'month']])
  assert.deepEqual(days('last week'), [['2023-05-01', 'week']])
  assert.deepEqual(days('a year ago'), [['2022-01-01', 'year']])
  assert.deepEqual(days('last weekend'), [['2023-05-06', 'day']])
  assert.deepEqual(days('on 7 May'), [['2023-05-07', 'day']])
})

test('dateTerms index the day it was said and the day it speaks of', () => {
  assert.deepEqual(dateTerms(monday, 'I went yesterday').sort(), ['xd7', 'xd8', 'xm5', 'xy2023'])
})

test('no text makes the date reader throw', () => {
  fc.assert(fc.property(fc.string(), text => void spansIn(`${text} 31 February 2023 ${text}`, monday)))
})
