// What was spent is summed by the household's days, whatever the clocks did.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noUsage } from '../../../src/agent/model.ts'
import { readUsageWish, usageRows, usageText } from '../../../src/gateway/self/usage.ts'
import { daysAgo } from '../../../src/gateway/zone.ts'
import { openTestStore } from '../../store/open.ts'

const at = (text: string) => Date.parse(text)

test('spending by day is by the day of the zone, the newest first', t => {
  const { store } = openTestStore(t)
  const spend = (usd: number, when: string, model = 'x/a') =>
    store.turns.record(
      't',
      { ...noUsage, input: 10, person: 'alice', level: 'full', job: null, model, usd },
      at(when),
    )
  spend(1, '2026-11-19T23:59:00+05:45')
  spend(2, '2026-11-20T00:01:00+05:45')
  spend(4, '2026-11-20T23:59:00+05:45', 'x/b')
  spend(8, '2026-11-21T00:00:00+05:45')
  const now = at('2026-11-21T06:00:00+05:45')
  const rows = (words: string) =>
    usageRows(store.spending, readUsageWish(words, null), now, 'Asia/Kathmandu').map(row => [
      row.name,
      row.usd,
      row.calls,
    ])
  assert.deepEqual(rows('3 day'), [
    ['2026-11-21', 8, 1],
    ['2026-11-20', 6, 2],
    ['2026-11-19', 1, 1],
  ])
  assert.deepEqual(rows('--days 2 --by model'), [
    ['x/a', 10, 2],
    ['x/b', 4, 1],
  ])
  assert.match(
    usageText(store.spending, readUsageWish('2 day', null), now, 'Asia/Kathmandu'),
    /^The last 2 days, by day: \$14\.0000\n2026-11-21: \$8\.0000, 1 calls, 10 tokens in/,
  )
})

test('a model whose price nobody told is said to have none', t => {
  const { store } = openTestStore(t)
  const spend = (model: string, usd: number) =>
    store.turns.record(
      't',
      { ...noUsage, input: 10, person: 'alice', level: 'full', job: null, model, usd },
      at('2026-11-21T05:00:00Z'),
    )
  spend('local/some-model', 0)
  spend('offline/coop', 0)
  spend('anthropic/claude-opus-4-6', 0.5)
  const text = usageText(store.spending, readUsageWish('1 model', null), at('2026-11-21T06:00:00Z'), 'UTC')
  assert.match(text, /^local\/some-model: price not known, 1 calls/m)
  assert.match(text, /^offline\/coop: \$0\.0000/m)
  assert.match(text, /^anthropic\/claude-opus-4-6: \$0\.5000/m)
})

test('the days asked for are counted over a change of the clocks', () => {
  const now = at('2026-03-31T08:00:00+02:00')
  assert.equal(daysAgo(now, 1, 'Europe/Berlin'), at('2026-03-31T00:00:00+02:00'))
  assert.equal(daysAgo(now, 3, 'Europe/Berlin'), at('2026-03-29T00:00:00+01:00'))
  assert.equal(daysAgo(now, 5, 'Europe/Berlin'), at('2026-03-27T00:00:00+01:00'))
})
