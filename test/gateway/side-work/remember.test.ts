// The upkeep of a running gateway reaches coop.db as well as memory.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Models } from '../../../src/agent/models/models.ts'
import { configFrom } from '../../../src/config/load.ts'
import { openRemember } from '../../../src/gateway/side-work/remember.ts'
import { silentLog } from '../../../src/log.ts'
import { openTracer } from '../../../src/trace/trace.ts'
import { asking, direct, openHome } from '../../memory/people.ts'
import { openTestStore } from '../../store/open.ts'

test('soon after the start, due times of more than a year ago are gone, though memory is not to be tidied', async t => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  const { store } = openTestStore(t)
  using home = openHome()
  const now = Date.parse('2026-11-21T12:00:00Z')
  for (const days of [500, 400, 300]) {
    const due = now - days * 86_400_000
    const run = { job: 'news', name: 'news', person: null, due, last: due, count: 1, reason: null }
    store.runs.end(store.runs.enter([{ ...run, state: 'due' }], due)[0]!, 'silent', due)
  }
  const config = configFrom(
    '[agent]\nid = "coop"\n[memory.retention]\nenabled = false\n[memory.capture]\nenabled = false\n',
    '/nowhere/coop.toml',
    1,
    {},
  )
  {
    await using remember = openRemember({
      store,
      memory: home.memory,
      household: () => config.household,
      settings: () => config.settings,
      models: (): Models => assert.fail('nothing is asked of a model'),
      sideModel: () => 'offline/coop',
      busy: () => true,
      tracer: openTracer(undefined, text => text, false),
      log: silentLog(),
      now: () => now,
    })
    t.mock.timers.tick(10 * 60_000)
    await remember.quietly(() => {})
  }
  assert.deepEqual(
    store.runs.history('news', 10).map(run => Math.round((now - run.due) / 86_400_000)),
    [300],
  )
})

test('tidying that falls on a running turn is done a little later, not six hours later', async t => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  const { store } = openTestStore(t)
  using home = openHome()
  const view = home.memory.open(direct('alice'))
  const old = view.write({ text: 'The boat is called Heron', store: 'shared' }, asking('alice'))
  view.write({ text: 'The boat is called Gull', store: 'shared', replaces: old.id }, asking('alice'))
  const config = configFrom('[agent]\nid = "coop"\n', '/nowhere/coop.toml', 1, {})
  let running = false
  await using remember = openRemember({
    store,
    memory: home.memory,
    household: () => config.household,
    settings: () => config.settings,
    models: (): Models => assert.fail('nothing is asked of a model'),
    sideModel: () => 'offline/coop',
    busy: () => running,
    tracer: openTracer(undefined, text => text, false),
    log: silentLog(),
    now: Date.now,
  })
  const archived = () => view.stats().reduce((sum, { archived }) => sum + archived, 0)
  const after = async (ms: number) => {
    t.mock.timers.tick(ms)
    await remember.quietly(() => {})
    return archived()
  }
  await after(5 * 60_000)
  home.memory.room.files
    .database(null)
    .prepare('UPDATE mem_shared SET valid_to = valid_to - ? WHERE valid_to IS NOT NULL')
    .run(365 * 86_400_000)
  running = true
  assert.equal(await after(6 * 3_600_000), 0)
  assert.equal(await after(60_000), 0)
  running = false
  assert.equal(await after(60_000), 1)
})

test('a clock that is set forward by ten years lets nothing go at once, neither of memory nor of the ledger', async t => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  const dayMs = 86_400_000
  let now = Date.parse('2026-11-21T12:00:00Z')
  const { store } = openTestStore(t)
  using home = openHome({ now: () => now })
  const run = { job: 'news', name: 'news', person: null, due: now, last: now, count: 1, reason: null }
  store.runs.end(store.runs.enter([{ ...run, state: 'due' }], now)[0]!, 'silent', now)
  const view = home.memory.open(direct('alice'))
  const replace = (first: string, then: string) => {
    const old = view.write({ text: first, store: 'shared' }, asking('alice'))
    view.write({ text: then, store: 'shared', replaces: old.id }, asking('alice'))
  }
  replace('The boat is called Heron', 'The boat is called Gull')
  const config = configFrom('[agent]\nid = "coop"\n', '/nowhere/coop.toml', 1, {})
  await using remember = openRemember({
    store,
    memory: home.memory,
    household: () => config.household,
    settings: () => config.settings,
    models: (): Models => assert.fail('nothing is asked of a model'),
    sideModel: () => 'offline/coop',
    busy: () => false,
    tracer: openTracer(undefined, text => text, false),
    log: silentLog(),
    now: () => now,
  })
  /** What is current, put away and in the ledger after the next tidying, so many days later by the clock. */
  const after = async (days: number) => {
    now += days * dayMs
    t.mock.timers.tick(6 * 3_600_000)
    await remember.quietly(() => {})
    const stats = view.stats().find(({ store: name }) => name === 'shared')!
    return [stats.facts, stats.archived, store.runs.history('news', 10).length]
  }
  assert.deepEqual(await after(0), [2, 0, 1])
  for (const days of [7, 7, 7, 7]) assert.deepEqual(await after(days), [2, 0, 1])
  assert.deepEqual(await after(7), [1, 1, 1])
  replace('The tent is green', 'The tent is red')
  assert.deepEqual(await after(3_650), [3, 1, 1])
  assert.deepEqual(await after(-3_650), [3, 1, 1])
  for (let weeks = 0; weeks < 52; weeks++) await after(7)
  assert.deepEqual(await after(7), [2, 1, 0])
})
