// A large memory: its terms are counted and found as in a small one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manyRows, openPostings } from '../../src/memory/postings.ts'
import { narrowing, weigh } from '../../src/memory/terms.ts'
import { openImport } from '../../src/memory/transfer.ts'
import { direct, type Home, openHome } from './people.ts'

const shelvesOf = (home: Home) => [home.memory.room.files.shelf({ id: 'social', owner: null })]

function fill(home: Home): void {
  const into = openImport()
  home.memory.open(direct('alice')).import(
    into,
    Array.from({ length: 40 }, (_, index) => ({
      kind: index % 4 === 0 ? ('fact' as const) : ('turn' as const),
      store: 'social',
      text: index % 10 === 0 ? 'the heron nests' : 'the lake is calm',
      said_by: 'Bob',
      session: 's',
      seq: index,
      at: new Date(1.7e12 + index * 60_000).toISOString(),
    })),
  )
  into.finish()
}

test('a large memory counts and finds a term’s rows as a small one does', () => {
  using home = openHome()
  fill(home)
  const shelves = shelvesOf(home)
  const small = openPostings(shelves, 40, 2_000, undefined)
  const large = openPostings(shelves, manyRows + 1, 2_000, undefined)
  const terms = ['heron', 'lake', 'bob', 'zebra', 'étang']
  assert.deepEqual(small.counts(terms), large.counts(terms))
  for (const term of terms) {
    for (const where of ['own', 'anywhere'] as const)
      assert.deepEqual(small.rows(shelves[0]!, term, where), large.rows(shelves[0]!, term, where), term)
  }
  assert.equal(small.rows(shelves[0]!, 'heron', 'own').length, 4)
  assert.ok(small.rows(shelves[0]!, 'heron', 'anywhere').length > 4, 'the turns beside a heron are near it')
})

test('of a common term the newest rows are looked at, and all are counted', () => {
  using home = openHome()
  fill(home)
  const shelves = shelvesOf(home)
  const few = openPostings(shelves, 40, 5, undefined)
  assert.equal(few.counts(['bob']).get('bob'), 40)
  const rows = few.rows(shelves[0]!, 'bob', 'own')
  assert.deepEqual([...rows], [40, 39, 38, 37, 36])
})

test('facts and turns are told apart', () => {
  using home = openHome()
  fill(home)
  const shelves = shelvesOf(home)
  assert.equal(openPostings(shelves, 40, 99, 'facts').rows(shelves[0]!, 'bob', 'own').length, 10)
  assert.equal(openPostings(shelves, 40, 99, 'turns').rows(shelves[0]!, 'bob', 'own').length, 30)
})

test('the rarest terms are looked for, never none, and a stand-in only beside the words of the question', () => {
  using home = openHome()
  fill(home)
  const postings = openPostings(shelvesOf(home), 40, 99, undefined)
  const terms = weigh(postings, ['bob', 'heron', 'zebra'], 40)
  const found = (most: number) => narrowing(terms, most).map(({ term }) => term)
  const heron = postings.counts(['heron']).get('heron')!
  assert.deepEqual(found(1), ['heron'])
  assert.deepEqual(found(heron + 1), ['heron'])
  assert.deepEqual(found(heron + 40), ['heron', 'bob'])
})
