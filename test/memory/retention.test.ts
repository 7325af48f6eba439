// What is put away, what is summed up, and what stays however old.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RetentionRules } from '../../src/memory/retention.ts'
import { tidy } from '../../src/memory/retention.ts'
import { openImport } from '../../src/memory/transfer.ts'
import { allShelves } from '../../src/memory/upkeep.ts'
import { asking, direct, type Home, openHome } from './people.ts'

const dayMs = 86_400_000
const start = Date.UTC(2024, 0, 1)
const rules: RetentionRules = {
  compressAfterDays: 14,
  smallestCluster: 3,
  archiveAfterDays: 30,
  deleteArchiveAfterDays: 365,
  maxRows: 200,
}
const signal = AbortSignal.timeout(60_000)

function aging(): Home & { age: (days: number) => void } {
  let now = start
  const home = openHome({ now: () => now })
  return Object.assign(home, { age: (days: number) => void (now += days * dayMs) })
}
const run = (home: Home, more: Partial<RetentionRules> = {}, complete: Parameters<typeof tidy>[3] = null) =>
  tidy(home.memory.room, allShelves(home.memory.room), { ...rules, ...more }, complete, signal)

test('no fact is put away for its age alone', async () => {
  using home = aging()
  const view = home.memory.open(direct('alice'))
  view.write({ text: 'Ida was born in Porto', store: 'social' }, asking('alice'))
  home.age(4_000)
  assert.deepEqual(await run(home), { summarised: 0, archived: 0, deleted: 0, more: false })
  assert.equal(view.list().length, 1)
})

test('what was replaced and is unused is put away, stays findable on request, and goes after a year', async () => {
  using home = aging()
  const view = home.memory.open(direct('alice'))
  const old = view.write({ text: 'Ida lives in Porto', store: 'social' }, asking('alice'))
  view.write({ text: 'Ida lives in Lisbon', store: 'social', replaces: old.id }, asking('alice'))
  home.age(20)
  assert.equal((await run(home)).archived, 0)
  home.age(20)
  assert.equal((await run(home)).archived, 1)
  assert.deepEqual(
    (await view.search('Porto')).map(memo => memo.text),
    [],
  )
  assert.deepEqual(
    (await view.search('Porto', { archived: true })).map(memo => memo.text),
    ['Ida lives in Lisbon', 'Ida lives in Porto'],
  )
  assert.deepEqual(await home.memory.open(direct('mallory')).search('Porto', { archived: true }), [])
  home.age(366)
  assert.equal((await run(home)).deleted, 1)
  assert.deepEqual(await view.search('Porto', { archived: true }), [])
})

test('what was replaced but still gets used stays', async () => {
  using home = aging()
  const view = home.memory.open(direct('alice'))
  const old = view.write({ text: 'Ida lives in Porto', store: 'social' }, asking('alice'))
  view.write({ text: 'Ida lives in Lisbon', store: 'social', replaces: old.id }, asking('alice'))
  home.age(25)
  await view.search('Porto')
  await run(home)
  home.age(20)
  assert.equal((await run(home)).archived, 0)
})

test('one run touches no more rows than it may, and the next goes on', async () => {
  using home = aging()
  const view = home.memory.open(direct('alice'))
  for (let index = 0; index < 12; index++) {
    const old = view.write({ text: `Version one of ${index}`, store: 'social' }, asking('alice'))
    view.write({ text: `Version two of ${index}`, store: 'social', replaces: old.id }, asking('alice'))
  }
  home.age(31)
  assert.deepEqual(await run(home, { maxRows: 5 }), { summarised: 0, archived: 5, deleted: 0, more: true })
  assert.equal((await run(home, { maxRows: 50 })).archived, 7)
})

test('an old conversation gets a summary that keeps its turns and cites them', async () => {
  using home = aging()
  const view = home.memory.open(direct('alice'))
  const into = openImport()
  const turn = (seq: number, text: string) => ({
    kind: 'turn' as const,
    store: 'personal',
    text,
    said_by: 'Alice',
    session: 's',
    seq,
    at: new Date(start).toISOString(),
  })
  view.import(into, [turn(1, 'The heron came'), turn(2, 'It stayed'), turn(3, 'Then it left qwertz')])
  into.finish()
  assert.equal((await run(home, {}, async () => 'no')).summarised, 0)
  home.age(15)
  const prompts: string[] = []
  const complete = async (prompt: string) => {
    prompts.push(prompt)
    return 'A heron visited and left.'
  }
  assert.equal((await run(home, {}, complete)).summarised, 3)
  assert.equal((await run(home, {}, complete)).summarised, 0)
  assert.match(prompts[0]!, /The heron came/)
  assert.deepEqual(
    view
      .list({ order: 'oldest' })
      .map(memo => memo.kind)
      .sort(),
    ['summary', 'turn', 'turn', 'turn'],
  )
  await view.forget({ query: 'qwertz' })
  assert.deepEqual(
    view.list().map(memo => memo.kind),
    ['turn', 'turn'],
    'a summary goes with what it cites',
  )
})

test('a crash while tidying loses nothing: the next run ends the same', async () => {
  for (let crashAt = 1; crashAt < 8; crashAt++) {
    using home = aging()
    const view = home.memory.open(direct('alice'))
    for (let index = 0; index < 45; index++) {
      const old = view.write({ text: `Version one of ${index}`, store: 'social' }, asking('alice'))
      view.write({ text: `Version two of ${index}`, store: 'social', replaces: old.id }, asking('alice'))
    }
    home.age(31)
    let calls = 0
    const now = () => {
      if (++calls === crashAt) throw new Error('crash')
      return home.memory.room.now()
    }
    const broken = { ...home.memory.room, now }
    await tidy(broken, allShelves(home.memory.room), rules, null, signal).catch(() => undefined)
    await run(home)
    const [social] = view.stats()
    assert.deepEqual([social!.facts, social!.archived], [45, 45], `crash at ${crashAt}`)
  }
})
