// A lower level’s answers do not change by a byte with what higher stores hold.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Clearance } from '../../src/access/clearance.ts'
import type { Shelf } from '../../src/memory/files.ts'
import type { Memory } from '../../src/memory/memory.ts'
import { type commonShelves, type personalShelves, type ShelfRef, tables } from '../../src/memory/shelves.ts'
import { openImport } from '../../src/memory/transfer.ts'
import { asking, direct, type Home, openHome } from './people.ts'

const vocabulary = 'heron lake boat garden tea violin winter letter train harbor bread lantern'.split(' ')
const questions = [
  'Where is the heron?',
  'boat garden tea',
  'What did Bob say in winter?',
  'violin',
  'When was the train late?',
  'zebra',
]

/** Everything a reader can get out of memory, errors included, as one text. */
async function everything(memory: Memory, clearance: Clearance): Promise<string> {
  const view = memory.open(clearance)
  const out: unknown[] = [
    view.stores,
    view.writable,
    view.people(),
    view.stats(),
    view.list({ limit: 50 }),
    view.list({ limit: 50, by: 'happened', order: 'oldest' }),
    [...view.export()],
  ]
  for (const question of questions) {
    out.push(
      await view.search(question, { limit: 20 }),
      await view.promptIndex(question, { deadlineMs: 10_000 }),
    )
    out.push(await view.search(question, { kinds: 'facts', archived: true }), await view.sessions(question))
    out.push(await view.search(question, { asOf: Date.now() + 86_400_000 }), view.saying(question))
  }
  for (const attempt of [
    () => view.get('0'.repeat(32)),
    () => view.promote('0'.repeat(32), 'social', asking('carol')),
  ]) {
    try {
      attempt()
    } catch (error) {
      out.push((error as Error).message)
    }
  }
  return JSON.stringify(out)
}

function seed(home: Home): void {
  const alice = home.memory.open(direct('alice'))
  for (let index = 0; index < 40; index++) {
    const word = (by: number) => vocabulary[(index * 7 + by * 5) % vocabulary.length]
    alice.write(
      {
        text: `Note ${index}: the ${word(1)} and the ${word(2)} by the ${word(3)}`,
        store: index % 3 ? 'social' : 'shared',
        people: ['Bob'],
      },
      asking('alice'),
    )
  }
  alice.alias('Bobby', 'Bob', 'social')
  const turns = vocabulary.map((word, index) => ({
    kind: 'turn' as const,
    store: 'social',
    text: `Did you see the ${word}?`,
    said_by: 'Carol',
    session: 'one',
    seq: index,
    at: '2023-05-08T10:00:00Z',
  }))
  const into = openImport()
  alice.import(into, turns)
  into.finish()
}

const higherTexts = fc.array(
  fc.array(fc.constantFrom(...vocabulary, 'zebra', 'Bob', 'Carol'), { minLength: 1, maxLength: 12 }),
  { minLength: 5, maxLength: 60 },
)

/** Rows and names where only Alice reads: in private, and in her own store. */
function fillHigher(home: Home, texts: readonly (readonly string[])[]): void {
  const full = home.memory.open(direct('alice'))
  const into = openImport()
  for (const store of ['private', 'personal'])
    full.import(
      into,
      texts.map((words, index) => ({
        kind: index % 2 ? 'fact' : 'turn',
        store,
        text: words.join(' '),
        said_by: words[0]!,
        session: 'one',
        seq: index,
        people: words.slice(0, 2),
      })),
    )
  into.finish()
  full.alias('heron', 'Zelda', 'private')
  full.alias('Bobby', 'Robert', 'private')
}

/** From now on each question to the database that does not come from upkeep, with how many rows it gave. */
function watchWork(home: Home): string[] {
  const work: string[] = []
  const { files } = home.memory.room
  const { shelf, existing } = files
  const watched = (one: Shelf): Shelf => ({ ...one, sql: text => counted(one.sql(text), text) })
  function counted<T extends object>(statement: T, text: string): T {
    return new Proxy(statement, {
      get(target, name) {
        const value = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          const result: unknown = value.apply(target, given)
          if (result === target) return counted(target, text)
          const rows = Array.isArray(result) ? result.length : result === undefined ? 0 : 1
          work.push(`${text.replace(/\s+/g, ' ')} ${rows}`)
          return result
        }
      },
    })
  }
  Object.assign(files, {
    shelf: (ref: ShelfRef) => watched(shelf(ref)),
    existing: (ref: ShelfRef) => {
      const found = existing(ref)
      return found && watched(found)
    },
  })
  return work
}

test('what a lower level’s answers cost, by questions to the database and rows read, is the same whatever higher stores hold', async () => {
  await fc.assert(
    fc.asyncProperty(higherTexts, async texts => {
      using home = openHome({ now: () => 1_700_000_000_000 })
      seed(home)
      // That somebody has a file of their own may be seen from their own chats alone.
      home.memory.open(direct('alice')).write({ text: 'Tea at five', store: 'personal' }, asking('alice'))
      const work = watchWork(home)
      const readers = [direct('carol'), direct('bob'), direct('alice', 'discord')]
      const costs = async () => {
        const from = work.length
        for (const reader of readers) await everything(home.memory, reader)
        return work.slice(from)
      }
      const before = await costs()
      assert.ok(before.length > 500, 'the work is seen')
      fillHigher(home, texts)
      assert.deepEqual(await costs(), before)
    }),
    { numRuns: 4 },
  )
})

test('rows in higher stores change not one byte of what a lower level gets', async () => {
  await fc.assert(
    fc.asyncProperty(higherTexts, async texts => {
      using home = openHome({ now: () => 1_700_000_000_000 })
      seed(home)
      const readers = [direct('carol'), direct('bob'), direct('alice', 'discord')]
      const before = await Promise.all(readers.map(reader => everything(home.memory, reader)))
      fillHigher(home, texts)
      const after = await Promise.all(readers.map(reader => everything(home.memory, reader)))
      assert.deepEqual(after, before)
    }),
    { numRuns: 8 },
  )
})

test('a thousand rows in private and in somebody’s own store change nothing for familiar and inner', async () => {
  using home = openHome({ now: () => 1_700_000_000_000 })
  seed(home)
  const readers = [direct('carol'), direct('bob')]
  const before = await Promise.all(readers.map(reader => everything(home.memory, reader)))
  const full = home.memory.open(direct('alice'))
  const into = openImport()
  const rows = Array.from({ length: 1_000 }, (_, index) => ({
    kind: 'fact' as const,
    store: index % 2 ? 'private' : 'personal',
    text: `${vocabulary[index % 12]} ${vocabulary[(index * 5) % 12]} secret ${index}`,
  }))
  assert.equal(full.import(into, rows), 1_000)
  into.finish()
  assert.deepEqual(await Promise.all(readers.map(reader => everything(home.memory, reader))), before)
})

test('a word’s presence in private memory cannot be told from the order of what a familiar person gets', async () => {
  using home = openHome({ now: () => 1_700_000_000_000 })
  const alice = home.memory.open(direct('alice'))
  const probes = Array.from({ length: 200 }, (_, index) => ({
    present: index % 2 === 0,
    word: `probe${index}q`,
    other: `other${index}q`,
  }))
  for (const { word, other } of probes) {
    alice.write({ text: `${word} alone`, store: 'social' }, asking('alice'))
    alice.write({ text: `${other} alone`, store: 'social' }, asking('alice'))
  }
  for (const { present, word } of probes) {
    if (present)
      for (let copy = 0; copy < 5; copy++)
        alice.write({ text: `${word} hidden ${copy}`, store: 'private' }, asking('alice'))
  }
  const carol = home.memory.open(direct('carol'))
  let right = 0
  for (const { present, word, other } of probes) {
    const [first] = await carol.search(`${word} ${other}`)
    const guess = first!.text.startsWith(other)
    if (guess === present) right++
  }
  assert.ok(right > 60 && right < 140, `${right} of 200 guesses right`)
})

test('a lower level’s answers never touch the tables of a higher store: they may even be gone', async () => {
  using home = openHome({ now: () => 1_700_000_000_000 })
  seed(home)
  const alice = home.memory.open(direct('alice'))
  alice.write({ text: 'The heron knows', store: 'personal' }, asking('alice'))
  const [carol, capped] = [direct('carol'), direct('alice', 'discord')]
  const before = [await everything(home.memory, carol), await everything(home.memory, capped)]
  const drop = (
    owner: string | null,
    ids: readonly (typeof commonShelves | typeof personalShelves)[number][],
  ) => {
    const db = home.memory.room.files.database(owner)
    for (const id of ids)
      for (const name of [
        'voc',
        'fts',
        'mem',
        'size',
        'person',
        'name',
        'alias',
        'evidence',
        'archive',
      ] as const)
        db.exec(`DROP TABLE ${tables[id][name]}`)
  }
  drop(null, ['private', 'shared'])
  drop('alice', ['inner', 'full'])
  assert.deepEqual([await everything(home.memory, carol), await everything(home.memory, capped)], before)
})

test('a thousand people cost no file until something of theirs is written', async () => {
  using home = openHome()
  for (const name of ['alice', 'bob', 'carol'] as const) await everything(home.memory, direct(name))
  const { existsSync } = await import('node:fs')
  assert.equal(existsSync(home.memory.room.files.pathOf('alice')), false)
})
