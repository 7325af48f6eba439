// Memory answers whoever may read, and nobody else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clearance, issue } from '../../src/access/clearance.ts'
import { asking, direct, inGroup, openHome } from './people.ts'

test('memory opens only with a clearance that the access room issued', () => {
  using home = openHome()
  const forged = { reads: ['private'], acts: 'full', person: 'alice' } as unknown as Clearance
  assert.throws(() => home.memory.open(forged), { code: 'clearance_misused' })
})

test('a fact is found by who may read its store and by nobody else', async () => {
  using home = openHome()
  const alice = home.memory.open(direct('alice'))
  const stores = ['social', 'shared', 'private', 'personal']
  for (const store of stores)
    alice.write({ text: `The ${store} heron nests at the lake`, store }, asking('alice'))
  const seen = async (clearance: Clearance) =>
    (await home.memory.open(clearance).search('heron nest')).map(memo => memo.store).sort()
  assert.deepEqual(await seen(direct('alice')), ['personal:alice', 'private', 'shared', 'social'])
  assert.deepEqual(await seen(direct('alice', 'discord')), ['personal:alice', 'social'])
  assert.deepEqual(await seen(direct('bob')), ['shared', 'social'])
  assert.deepEqual(await seen(inGroup('alice')), ['shared', 'social'])
  assert.deepEqual(await seen(direct('carol')), ['social'])
  assert.deepEqual(await seen(direct('mallory')), [])
})

test('what does not exist and what is not yours are refused in the same words', () => {
  using home = openHome()
  const memo = home.memory
    .open(direct('alice'))
    .write({ text: 'The safe is behind the clock' }, asking('alice'))
  const message = (id: string) => {
    try {
      home.memory.open(direct('bob')).get(id)
    } catch (error) {
      return (error as Error).message.replace(id, 'ID')
    }
    return 'found'
  }
  assert.equal(message(memo.id), message('0'.repeat(32)))
  assert.equal(message(memo.id.slice(0, 8)), message('01234567'))
})

test('odd questions give answers or nothing, never an error', async () => {
  using home = openHome()
  const view = home.memory.open(direct('alice'))
  view.write(
    { text: 'We drank 绿茶 and قهوة on the balcony 🎉 (x) "y" OR z*', store: 'social' },
    asking('alice'),
  )
  for (const odd of [
    '',
    ' ',
    'x',
    '"',
    '""',
    "'; DROP TABLE mem_social; --",
    'a AND b OR NOT',
    'NEAR(a b, 2)',
    'norm:a',
    '*',
    '^',
    '(',
    '🎉',
    '\0',
    '2023-99-99',
    'x'.repeat(100_000),
    'tea '.repeat(25_000),
  ]) {
    assert.ok(Array.isArray(await view.search(odd)), odd.slice(0, 20))
  }
  assert.equal((await view.search('茶')).length, 1)
  assert.equal((await view.search('绿茶')).length, 1)
  assert.equal((await view.search('قهوة')).length, 1)
})

test('a memory of 1 MB is refused with its limit', () => {
  using home = openHome()
  const view = home.memory.open(direct('alice'))
  assert.throws(
    () => view.write({ text: 'x'.repeat(1_048_576) }, asking('alice')),
    /at most 64 KB; this is 1024 KB/,
  )
})

test('the same call writes the same row once, and the same text is confirmed', () => {
  using home = openHome()
  const view = home.memory.open(direct('alice'))
  const once = view.write({ text: 'Bob is allergic to nuts', store: 'shared' }, asking('alice', 'call-1'))
  const again = view.write({ text: 'Bob is allergic to nuts', store: 'shared' }, asking('alice', 'call-1'))
  const later = view.write({ text: 'Bob is  allergic to nuts', store: 'shared' }, asking('alice', 'call-2'))
  assert.equal(again.id, once.id)
  assert.equal(later.id, once.id)
  assert.equal(view.list().length, 1)
})

test('a correction comes before what it replaces, and the old one is kept', async () => {
  using home = openHome()
  const view = home.memory.open(direct('alice'))
  const old = view.write({ text: 'Carol lives in Porto', store: 'shared' }, asking('alice'))
  view.write(
    { text: 'Carol lives in Lisbon', store: 'shared', replaces: old.id.slice(0, 8) },
    asking('alice'),
  )
  const found = await view.search('Where does Carol live?')
  assert.deepEqual(
    found.map(memo => [memo.text, memo.ended]),
    [
      ['Carol lives in Lisbon', false],
      ['Carol lives in Porto', true],
    ],
  )
})

test('nobody below a person, and nothing from outside, replaces what they said', () => {
  using home = openHome()
  const said = home.memory
    .open(direct('alice'))
    .write({ text: 'Dinner is at eight', store: 'shared' }, asking('alice'))
  const bob = home.memory.open(direct('bob'))
  const wrong = { text: 'Dinner is at nine', store: 'shared', replaces: said.id }
  assert.throws(() => bob.write(wrong, asking('bob')), { code: 'not_permitted' })
  const alice = home.memory.open(direct('alice'))
  assert.throws(() => alice.write(wrong, { ...asking('alice'), origin: 'derived' }), {
    code: 'not_permitted',
  })
  assert.equal(alice.get(said.id).ended, false)
})

test('each level writes where the contract lets it and nowhere else', () => {
  using home = openHome()
  assert.equal(
    home.memory.open(direct('alice')).write({ text: 'one fact' }, asking('alice')).store,
    'private',
  )
  assert.equal(home.memory.open(direct('bob')).write({ text: 'two facts' }, asking('bob')).store, 'shared')
  assert.equal(
    home.memory.open(inGroup('alice')).write({ text: 'three facts' }, asking('alice')).store,
    'shared',
  )
  assert.throws(
    () => home.memory.open(direct('bob')).write({ text: 'no', store: 'private' }, asking('bob')),
    { code: 'not_permitted' },
  )
  assert.throws(
    () => home.memory.open(direct('bob')).write({ text: 'no', store: 'personal:alice' }, asking('bob')),
    { code: 'not_permitted' },
  )
  for (const name of ['carol', 'mallory'] as const) {
    assert.throws(() => home.memory.open(direct(name)).write({ text: 'no' }, asking(name)), {
      code: 'not_permitted',
    })
  }
})

test('a promotion goes to a wider store only, once, and is recorded with who asked', () => {
  using home = openHome()
  const alice = home.memory.open(direct('alice'))
  const fact = alice.write({ text: 'The spare key is with Carol', store: 'personal' }, asking('alice'))
  const wide = alice.promote(fact.id, 'shared', asking('alice'))
  assert.equal(home.memory.open(direct('bob')).get(wide.id).text, 'The spare key is with Carol')
  assert.throws(() => alice.get(fact.id), { code: 'not_found' })
  assert.equal(alice.promote(fact.id.slice(0, 8), 'shared', asking('alice')).id, wide.id)
  assert.throws(() => alice.promote(wide.id, 'private', asking('alice')), { code: 'input_invalid' })
  const rows = home.memory.room.files
    .database(null)
    .prepare('SELECT from_store, to_store, by_person FROM promotion')
    .all()
  assert.deepEqual(rows, [{ from_store: 'personal:alice', to_store: 'shared', by_person: 'alice' }])
})

test('a secret is refused, and what came from outside is never pinned', () => {
  using home = openHome()
  const view = home.memory.open(direct('alice'))
  assert.throws(
    () => view.write({ text: 'The bank password is hunter2hunter' }, asking('alice')),
    /keeps none/,
  )
  const web = view.write(
    { text: 'The shop says it opens at nine', pinned: true },
    { ...asking('alice'), origin: 'outside' },
  )
  assert.equal(web.pinned, false)
  assert.equal(web.quoted, true)
  assert.throws(() => view.pin(web.id, true, asking('alice')), { code: 'not_permitted' })
})

test('ten thousand aliases are looked up, one more is refused', async () => {
  using home = openHome()
  const view = home.memory.open(direct('alice'))
  view.write({ text: 'Elisabeth prefers tea', people: ['Elisabeth'], store: 'social' }, asking('alice'))
  view.alias('Lizzie', 'Elisabeth', 'social')
  const db = home.memory.room.files.database(null)
  db.transaction(() => {
    for (let index = 1; index < 10_000; index++) view.alias(`nick${index}`, `Person ${index}`, 'social')
  })()
  assert.throws(() => view.alias('onemore', 'Elisabeth', 'social'), /at most 10000 aliases/)
  assert.equal((await view.search('What does Lizzie prefer to drink?'))[0]?.text, 'Elisabeth prefers tea')
})

test('a narrowed clearance opens less', async () => {
  using home = openHome()
  const all = direct('alice')
  home.memory.open(all).write({ text: 'The heron is private', store: 'private' }, asking('alice'))
  const narrow = home.memory.open(all.narrow({ reads: ['social'] }))
  assert.deepEqual(narrow.stores, ['social'])
  assert.deepEqual(await narrow.search('heron'), [])
})

test('a personal compartment of somebody else in the clearance opens nothing', async () => {
  using home = openHome()
  home.memory.open(direct('alice')).write({ text: 'The heron is mine', store: 'personal' }, asking('alice'))
  const odd = issue({
    person: 'bob',
    place: { channel: 'telegram', kind: 'direct', id: 'bob' },
    reads: ['social', 'personal:alice'],
    acts: 'inner',
    audience: ['bob'],
    tools: null,
    revision: 1,
  })
  assert.deepEqual(await home.memory.open(odd).search('heron'), [])
})

test('past one size a search runs in a worker thread and answers the same', async () => {
  using home = openHome()
  const view = home.memory.open(direct('alice'))
  for (let index = 0; index < 60; index++)
    view.write(
      { text: `Heron number ${index} at the lake`, store: index % 2 ? 'social' : 'personal' },
      asking('alice'),
    )
  const here = await view.search('heron lake 17', { limit: 20 })
  using other = home.again({ workerRows: 10 })
  const there = await other.open(direct('alice')).search('heron lake 17', { limit: 20 })
  assert.deepEqual(there, here)
})
