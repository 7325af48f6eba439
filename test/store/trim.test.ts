// What coop.db lets go of after a year, and what it never does.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Store } from '../../src/store/store.ts'
import { openTestStore } from './open.ts'

const dayMs = 86_400_000
const now = Date.parse('2026-11-21T12:00:00Z')
const daysAgo = (days: number) => now - days * dayMs
const hour = 3_600_000

function enter(store: Store, job: string, due: number, state: 'due' | 'missed' = 'due'): number {
  const run = { job, name: job, person: 'alice', due, last: due, count: 1, state, reason: null }
  return store.runs.enter([run], due)[0]!
}

function openWithYear(t: TestContext) {
  const { store } = openTestStore(t)
  for (let days = 500; days >= 0; days -= 50)
    store.runs.end(enter(store, 'news', daysAgo(days)), 'delivered', daysAgo(days))
  return store
}

const trimAll = (store: Store, most = 100) => {
  let all = 0
  for (let gone = most; gone === most; ) all += gone = store.trim(now, most)
  return all
}
const dues = (store: Store, job: string) =>
  store.runs
    .history(job, 100)
    .map(run => Math.round((now - run.due) / dayMs))
    .reverse()

test('a due time is kept for a year after it came to its end', t => {
  const store = openWithYear(t)
  assert.equal(trimAll(store), 3)
  assert.deepEqual(dues(store, 'news'), [350, 300, 250, 200, 150, 100, 50, 0])
  assert.equal(trimAll(store), 0)
})

test('old rows go in small commits, and all of them', t => {
  const store = openWithYear(t)
  assert.equal(store.trim(now, 2), 2)
  assert.equal(trimAll(store, 1), 1)
  assert.equal(dues(store, 'news').length, 8)
})

test('what nobody was told yet, or still runs, stays however old it is', t => {
  const { store } = openTestStore(t)
  const told = enter(store, 'watering', daysAgo(420), 'missed')
  enter(store, 'watering', daysAgo(410), 'missed')
  enter(store, 'watering', daysAgo(400))
  store.runs.setTold([told])
  assert.equal(trimAll(store), 1)
  assert.deepEqual(dues(store, 'watering'), [410, 400])
})

test('a missed stretch that reaches into the year stays whole', t => {
  const { store } = openTestStore(t)
  const [id] = store.runs.enter(
    [
      {
        job: 'news',
        name: 'news',
        person: null,
        due: daysAgo(400),
        last: daysAgo(10),
        count: 391,
        state: 'missed',
        reason: null,
      },
    ],
    daysAgo(9),
  )
  store.runs.setTold([id!])
  assert.equal(trimAll(store), 0)
})

test('a reminder that is over goes with the last of its due times, one that is not stays', t => {
  const { store } = openTestStore(t)
  const grant = {} as Parameters<Store['jobs']['add']>[0]['grant']
  const wish = { person: 'alice', kind: 'reminder', timezone: 'UTC', place: null, grant } as const
  const add = (name: string, times: { cron: string | null; at: number | null }, days: number) =>
    store.jobs.add({ ...wish, ...times, name, text: name }, name, daysAgo(days)).id
  const old = add('call Bob', { cron: null, at: daysAgo(400) }, 401)
  const recent = add('call Carol', { cron: null, at: daysAgo(10) }, 401)
  const active = add('water', { cron: '0 9 * * *', at: null }, 401)
  for (const [id, days] of [
    [old, 400],
    [recent, 10],
  ] as const) {
    store.runs.end(enter(store, id, daysAgo(days)), 'delivered', daysAgo(days))
    store.jobs.setState(id, 'done')
  }
  assert.equal(trimAll(store), 2)
  assert.deepEqual(
    [old, recent, active].map(id => store.jobs.get(id)?.state),
    [undefined, 'done', 'active'],
  )
})

test('counts of strangers go after a week; what people set, and every configuration, stays', t => {
  const { store } = openTestStore(t)
  store.settings.set('gateway', 'public:tele:1', { day: 0, messages: 3 }, daysAgo(8))
  store.settings.set('gateway', 'public:tele:2', { day: 0, messages: 3 }, now - hour)
  store.settings.set('gateway', 'told:tele:g', true, daysAgo(800))
  store.settings.set('person:alice', 'model', 'x/y', daysAgo(800))
  for (const days of [900, 800])
    store.generations.add(
      { who: null, via: 'file', why: 'the file changed', diff: [], text: `${days}`, state: 'kept' },
      null,
      daysAgo(days),
    )
  assert.equal(trimAll(store), 1)
  assert.deepEqual(Object.keys(store.settings.list('gateway')), ['public:tele:2', 'told:tele:g'])
  assert.equal(store.settings.get('person:alice', 'model'), 'x/y')
  assert.equal(store.generations.list(10).length, 2)
})
