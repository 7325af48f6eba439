// What is forgotten is gone from every file, and does not come back by itself.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { capture } from '../../src/memory/capture.ts'
import { tidy } from '../../src/memory/retention.ts'
import { openImport } from '../../src/memory/transfer.ts'
import { allShelves } from '../../src/memory/upkeep.ts'
import { asking, direct, type Home, openHome } from './people.ts'

/** Names of the files below a folder that hold these bytes. */
function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => {
    const path = join(folder, name)
    return statSync(path).isFile() && readFileSync(path).toString('latin1').toLowerCase().includes(text)
  })
}

async function tidyUp({ memory: { room } }: Home): Promise<void> {
  const rules = {
    compressAfterDays: 14,
    smallestCluster: 3,
    archiveAfterDays: 30,
    deleteArchiveAfterDays: 365,
    maxRows: 200,
  }
  await tidy(room, allShelves(room), rules, null, AbortSignal.timeout(30_000))
}

test('after forgetting, the bytes of what was said are in no file, nor are its index terms', async () => {
  using home = openHome()
  const alice = home.memory.open(direct('alice'))
  const into = openImport()
  for (const store of ['social', 'personal']) {
    alice.import(into, [
      { kind: 'turn', store, text: 'How is the garden?', said_by: 'Bob', session: store, seq: 1 },
      {
        kind: 'turn',
        store,
        text: 'Xylophonia hid the qwertzuiop under the stairs',
        said_by: 'Zanzibella',
        session: store,
        seq: 2,
        people: ['Zanzibella'],
      },
      { kind: 'turn', store, text: 'Nobody will look there', said_by: 'Bob', session: store, seq: 3 },
    ])
  }
  into.finish()
  alice.write(
    { text: 'Xylophonia keeps a qwertzuiop', store: 'social', people: ['Zanzibella'] },
    asking('alice'),
  )
  assert.notDeepEqual(filesWith(home.folder, 'qwertzuiop'), [])
  const report = await alice.forget({ query: 'qwertzuiop' })
  assert.deepEqual([report.forgotten, report.wiped], [3, true])
  for (const trace of ['qwertzuiop', 'xylophonia', 'zanzibella', 'zanzibel'])
    assert.deepEqual(filesWith(home.folder, trace), [], trace)
  assert.deepEqual(await alice.search('qwertzuiop'), [])
  assert.equal((await alice.search('garden')).length, 4, 'the turns before and after are neighbours now')
})

test('forgetting a person takes what they said and what is about them', async () => {
  using home = openHome()
  const alice = home.memory.open(direct('alice'))
  alice.write({ text: 'Plays the cello', people: ['Mallory'], store: 'social' }, asking('alice'))
  alice.write({ text: 'Plays the flute', people: ['Bob'], store: 'social' }, asking('alice'))
  alice.alias('Mal', 'Mallory', 'social')
  assert.equal((await alice.forget({ person: 'Mallory' })).forgotten, 1)
  assert.deepEqual(
    alice
      .people()
      .map(person => person.name)
      .sort(),
    ['Alice', 'Bob'],
  )
  assert.deepEqual(filesWith(home.folder, 'mallory'), [])
})

test('forgetting takes older versions along, and nothing that may not be changed from here', async () => {
  using home = openHome()
  const alice = home.memory.open(direct('alice'))
  const old = alice.write({ text: 'Carol lives in Porto', store: 'shared' }, asking('alice'))
  const now = alice.write(
    { text: 'Carol lives in Lisbon', store: 'shared', replaces: old.id },
    asking('alice'),
  )
  alice.write({ text: 'Carol lives in secret', store: 'private' }, asking('alice'))
  await assert.rejects(home.memory.open(direct('carol')).forget({ query: 'Carol' }), {
    code: 'not_permitted',
  })
  await assert.rejects(home.memory.open(direct('carol')).forget({ id: now.id }), { code: 'not_found' })
  assert.equal((await home.memory.open(direct('bob')).forget({ id: now.id })).forgotten, 2)
  assert.equal(alice.list().length, 1)
})

test('what was forgotten is not learnt again by itself, but may be taught again on purpose', async () => {
  using home = openHome()
  const alice = home.memory.open(direct('alice'))
  const text = 'I am afraid of moths'
  const labels = [...direct('alice').reads]
  const source = (entry: number) => ({
    turnsAfter: (position: number) =>
      position >= entry
        ? []
        : [
            {
              position: entry,
              session: 's',
              clearance: direct('alice'),
              said: [{ entry, name: 'Alice', author: 'alice', text, origin: 'full' as const, labels, at: 1 }],
            },
          ],
  })
  const run = (entry: number) => capture(home.memory.room, source(entry), null, AbortSignal.timeout(5_000))
  assert.equal((await run(1)).turns, 1)
  const report = await alice.forget({ query: 'moths' })
  assert.deepEqual(report.entries, [1])
  assert.equal((await run(2)).turns, 0)
  const personal = alice.write({ text, store: 'personal' }, asking('alice'))
  assert.equal(alice.get(personal.id).text, text)
})

test('forgetting needs a word with content', async () => {
  using home = openHome()
  const alice = home.memory.open(direct('alice'))
  alice.write({ text: 'Something' }, asking('alice'))
  await assert.rejects(alice.forget({ query: '' }), { code: 'input_invalid' })
})

test('forgetting takes older versions that were put away, and copies from before a migration', async () => {
  let now = Date.parse('2024-01-01')
  using home = openHome({ now: () => now })
  const alice = home.memory.open(direct('alice'))
  const old = alice.write({ text: 'The xylophon is in Porto', store: 'social' }, asking('alice'))
  const fresh = alice.write(
    { text: 'It stands in Lisbon', store: 'social', replaces: old.id },
    asking('alice'),
  )
  now += 90 * 86_400_000
  await tidyUp(home)
  writeFileSync(`${home.path}.before-2.1`, 'The xylophon is in Porto')
  const report = await alice.forget({ id: fresh.id })
  assert.equal(report.forgotten, 2)
  assert.deepEqual(filesWith(home.folder, 'xylophon'), [])
})

test('what was put away can be forgotten by its id', async () => {
  let now = Date.parse('2024-01-01')
  using home = openHome({ now: () => now })
  const alice = home.memory.open(direct('alice'))
  const old = alice.write({ text: 'The xylophon is in Porto', store: 'social' }, asking('alice'))
  alice.write({ text: 'It stands in Lisbon', store: 'social', replaces: old.id }, asking('alice'))
  now += 90 * 86_400_000
  await tidyUp(home)
  assert.equal((await alice.forget({ id: old.id.slice(0, 8) })).forgotten, 1)
  assert.deepEqual(filesWith(home.folder, 'xylophon'), [])
  await assert.rejects(home.memory.open(direct('carol')).forget({ id: old.id }), { code: 'not_found' })
})
