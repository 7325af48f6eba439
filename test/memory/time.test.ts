// What was so then, what is so now, and when it happened.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tidy } from '../../src/memory/retention.ts'
import { openImport } from '../../src/memory/transfer.ts'
import { allShelves } from '../../src/memory/upkeep.ts'
import { asking, direct, openHome } from './people.ts'

const day = (text: string) => Date.parse(text)

test('a question as of a day finds what was so then, also after retention put it away', async () => {
  let now = day('2023-01-10')
  using home = openHome({ now: () => now })
  const alice = home.memory.open(direct('alice'))
  const porto = alice.write({ text: 'Carol lives in Porto', store: 'shared' }, asking('alice'))
  now = day('2024-06-01')
  const lisbon = alice.write(
    { text: 'Carol lives in Lisbon', store: 'shared', replaces: porto.id, since: day('2024-03-01') },
    asking('alice'),
  )
  const asOf = async (when: string) =>
    (await alice.search('Where does Carol live?', { asOf: day(when) })).map(memo => memo.text)
  assert.deepEqual(await asOf('2022-01-01'), [])
  assert.deepEqual(await asOf('2023-05-05'), ['Carol lives in Porto'])
  assert.deepEqual(await asOf('2024-04-01'), ['Carol lives in Lisbon'])
  assert.equal(alice.get(porto.id).until, day('2024-03-01'))
  assert.equal(alice.get(porto.id).replacedBy, lisbon.id)
  now = day('2026-01-01')
  const rules = {
    compressAfterDays: 14,
    smallestCluster: 3,
    archiveAfterDays: 30,
    deleteArchiveAfterDays: 3650,
    maxRows: 200,
  }
  const { room } = home.memory
  const run = () => tidy(room, allShelves(room), rules, null, AbortSignal.timeout(30_000))
  assert.equal((await run()).archived, 0, 'it was just used')
  now = day('2026-03-01')
  assert.equal((await run()).archived, 1)
  assert.deepEqual(await asOf('2023-05-05'), ['Carol lives in Porto'])
  assert.deepEqual(await asOf('2025-01-01'), ['Carol lives in Lisbon'])
})

test('what was replaced stands right behind what came in its place, however well it fits', async () => {
  using home = openHome()
  const alice = home.memory.open(direct('alice'))
  const old = alice.write({ text: 'The spare key is under the blue pot', store: 'shared' }, asking('alice'))
  alice.write({ text: 'It is with Bob now', store: 'shared', replaces: old.id }, asking('alice'))
  alice.write({ text: 'The blue pot broke', store: 'shared' }, asking('alice'))
  const found = (await alice.search('spare key blue pot')).map(memo => memo.text)
  const at = found.indexOf('The spare key is under the blue pot')
  assert.equal(found[at - 1], 'It is with Bob now')
  assert.equal((await alice.search('spare key blue pot', { limit: 1 }))[0]?.ended, false)
})

test('a timeline goes by when things happened, not by when they were told', () => {
  using home = openHome({ now: () => day('2024-05-01') })
  const alice = home.memory.open(direct('alice'))
  const into = openImport()
  const line = (text: string, at: string) => ({ kind: 'turn' as const, store: 'social', text, at })
  alice.import(into, [
    line('We met on 3 May 2019 at the harbor', '2024-04-02T10:00:00Z'),
    line('I fixed the gate', '2021-07-01T10:00:00Z'),
    line('Yesterday the roof leaked', '2021-07-03T10:00:00Z'),
  ])
  into.finish()
  const told = (options: { from?: number; to?: number }) =>
    alice.list({ ...options, order: 'oldest', by: 'happened' }).map(memo => memo.text)
  assert.deepEqual(told({}), [
    'We met on 3 May 2019 at the harbor',
    'I fixed the gate',
    'Yesterday the roof leaked',
  ])
  assert.deepEqual(told({ from: day('2019-01-01'), to: day('2020-01-01') }), [
    'We met on 3 May 2019 at the harbor',
  ])
  assert.deepEqual(told({ from: day('2021-07-02'), to: day('2021-07-03') }), ['Yesterday the roof leaked'])
})

test('a correction that is not a date is refused', () => {
  using home = openHome()
  const alice = home.memory.open(direct('alice'))
  assert.throws(() => alice.write({ text: 'x', since: Number.NaN }, asking('alice')), /since is no date/)
})
