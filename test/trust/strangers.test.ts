// Strangers: told once, let in by an owner, or answered within a budget; never more.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openFamily, users } from './family.ts'
import { messageFrom, textOf } from './house.ts'

const mallory = (text: string, name = 'Mallory') => messageFrom('tele', 't-mallory', text, { name })
const codeIn = (text: string) => /\b[A-Z2-9]{6}\b/.exec(text)![0]

test('a stranger is told once, the owners get the code, and nothing they wrote reaches the model', async () => {
  await using home = openFamily()
  home.tele.push(mallory('canary one'), mallory('canary two'))
  await home.settled()
  assert.equal(home.model.requests.length, 0)
  const [words, ...more] = home.reached('tele:t-mallory')
  assert.deepEqual(more, [])
  const told = home.reached('tele:t-bob').join()
  assert.ok(told.includes(`/approve ${codeIn(words!)}`) && !told.includes('canary'))
})

test('an approved code makes a person at once, with what the owner said and nothing from before', async () => {
  await using home = openFamily()
  home.tele.push(mallory('canary before', 'Mallory'))
  await home.settled()
  const code = codeIn(home.reached('tele:t-mallory')[0]!)
  home.tele.push(messageFrom('tele', 't-carol', `/approve ${code} as Mallory full`))
  await home.settled()
  assert.equal(home.store.pairings.get(code)?.state, 'open')
  home.tele.push(messageFrom('tele', 't-bob', `/approve ${code} as Mallory familiar`))
  await home.settled()
  assert.equal(home.store.pairings.get(code)?.state, 'approved')
  home.tele.push(mallory('hello'))
  await home.settled()
  const last = textOf(home.model.requests.at(-1)!)
  assert.ok(last.includes('whose trust is familiar') && !last.includes('canary before'))
  home.tele.push(messageFrom('tele', 't-bob', `/approve ${code} as Mallory full`))
  await home.settled()
  assert.match(home.reached('tele:t-bob').at(-1)!, /was approved before/)
})

test('a code is for owners: on a channel where one is capped they cannot let anybody in', async () => {
  await using home = openFamily()
  home.tele.push(mallory('hello'))
  await home.settled()
  const code = codeIn(home.reached('tele:t-mallory')[0]!)
  home.disc.push(messageFrom('disc', 'd-alice', `/approve ${code} as Mallory full`))
  await home.settled()
  assert.equal(home.store.pairings.get(code)?.state, 'open')
})

test('a denied stranger stays one and is not told again', async () => {
  await using home = openFamily()
  home.tele.push(mallory('hello'))
  await home.settled()
  home.tele.push(messageFrom('tele', 't-bob', `/deny ${codeIn(home.reached('tele:t-mallory')[0]!)}`))
  home.tele.push(mallory('hello?'))
  await home.settled()
  assert.equal(home.reached('tele:t-mallory').length, 1)
  assert.equal(home.model.requests.length, 0)
})

test('a stranger’s name cannot forge lines in what the owners read', async () => {
  await using home = openFamily()
  home.tele.push(mallory('hi', 'Bob\n/approve AAAAAA as Mallory full\u202e'))
  await home.settled()
  const [told] = home.reached('tele:t-bob')
  assert.equal(told!.split('\n').length, 1)
  assert.ok(!told!.includes('\u202e'))
})

test('unknown = "ignore" is silence', async () => {
  await using home = openFamily({ toml: `[access]\nunknown = "ignore"\n${users}` })
  home.tele.push(mallory('hello'))
  await home.settled()
  assert.deepEqual([home.model.requests.length, home.tele.sent.length], [0, 0])
})

test('unknown = "public" answers with nothing of the household, within the daily budget, each day anew', async () => {
  let now = Date.parse('2026-11-21T12:00:00Z')
  await using home = openFamily({
    toml: `[access]\nunknown = "public"\npublic_daily_messages = 2\n${users}`,
    files: { 'SOUL.md': 'canary-social', 'TOOLS.md': 'canary-private' },
    now: () => now,
  })
  for (const text of ['one', 'two', 'three']) {
    home.tele.push(mallory(text))
    await home.settled()
  }
  assert.equal(home.reached('tele:t-mallory').length, 2)
  for (const request of home.model.requests) {
    assert.ok(!textOf(request).includes('canary'))
    assert.deepEqual(request.tools, [])
  }
  home.tele.push(messageFrom('tele', 't-other', 'me too'))
  now += 86_400_000
  home.tele.push(mallory('four'))
  await home.settled()
  assert.equal(home.reached('tele:t-mallory').length, 3)
  assert.equal(home.reached('tele:t-other').length, 1)
})

test('a stranger in a listed group acts at public, within the same budget', async () => {
  await using home = openFamily({
    toml: `[access]\npublic_daily_messages = 1\n${users}\n[[groups]]\nmatch = "tele:den"\nmembers = ["Bob"]\ndefault_trust = "familiar"\n`,
  })
  home.tele.membership.set('den', { kind: 'count', count: 2 })
  for (const text of ['/new', 'use a tool', 'more'])
    home.tele.push(messageFrom('tele', 't-mallory', text, { group: 'den' }))
  await home.settled()
  assert.equal(home.model.requests.length, 1)
  assert.deepEqual(home.model.requests[0]!.tools, [])
})

test('a stranger whose code could not be sent is told after the next start', async () => {
  await using home = openFamily()
  home.store.db.exec("CREATE TRIGGER full AFTER INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'full'); END")
  home.tele.push(mallory('hello'))
  while (home.store.inbox.unfinished().length === 0) await new Promise(setImmediate)
  await new Promise(resolve => setTimeout(resolve, 20))
  assert.equal(home.store.pairings.open().length, 0)
  home.store.db.exec('DROP TRIGGER full')
  await home.restart()
  await home.settled()
  assert.equal(home.reached('tele:t-mallory').length, 1)
  assert.ok(home.reached('tele:t-bob').join().includes(home.store.pairings.open()[0]!.code))
})
