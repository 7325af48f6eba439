// What comes first, and why.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Candidate, rank } from '../../src/memory/rank.ts'

const plain: Candidate = {
  uid: 'a',
  session: 's',
  pos: 0,
  match: 1,
  coverage: 1,
  pairs: 0,
  saidBy: 'Alice',
  people: [],
  fact: false,
  asks: 0,
  says: '',
  tellsTime: false,
  tellsNumber: false,
  at: Date.UTC(2023, 4, 8),
  eventFrom: null,
  ended: false,
  pinned: false,
  ageMs: 0,
}
const nothing = { person: null, dates: [], wantsTime: false, wantsNumber: false }
const first = (candidates: Candidate[], wish: Partial<typeof nothing | Parameters<typeof rank>[1]> = {}) =>
  rank(candidates, { ...nothing, ...wish })[0]?.uid

test('equal candidates come in the order of their ids, however they were given', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(['a', 'b', 'c', 'd'], { minLength: 4 }), uids => {
      const ranked = rank(
        uids.map(uid => ({ ...plain, uid, session: null, pos: null })),
        nothing,
      )
      assert.deepEqual(
        ranked.map(one => one.uid),
        ['a', 'b', 'c', 'd'],
      )
    }),
  )
})

test('a bigger bm25 is better', () => {
  assert.equal(first([plain, { ...plain, uid: 'b', match: 2, pos: 9 }]), 'b')
})

test('the turn after a match beats the same turn elsewhere', () => {
  const match = { ...plain, match: 5 }
  const after = { ...plain, uid: 'z', pos: 1 }
  const far = { ...plain, uid: 'b', pos: 7 }
  assert.deepEqual(
    rank([match, far, after], nothing).map(one => one.uid),
    ['a', 'z', 'b'],
  )
})

test('what the named person said comes before what was said of them', () => {
  assert.equal(first([plain, { ...plain, uid: 'b', saidBy: 'Bob', pos: 9 }], { person: 'Bob' }), 'b')
})

test('a question is a poorer answer than a statement', () => {
  assert.equal(
    first([
      { ...plain, asks: 1 },
      { ...plain, uid: 'b', pos: 9 },
    ]),
    'b',
  )
})

test('a turn with room to tell something comes before a cheer', () => {
  const story = {
    ...plain,
    uid: 'b',
    pos: 9,
    says: 'went sister market sold whole cart plum jam before noon',
  }
  assert.equal(first([{ ...plain, says: 'great' }, story]), 'b')
})

test('what is said right after a question of the other answers it', () => {
  const ask = { ...plain, match: 3, saidBy: 'Bob', asks: 1, uid: 'x' }
  const answer = { ...plain, uid: 'z', pos: 1 }
  const cheer = { ...ask, asks: 0, uid: 'y', session: 't' }
  const after = { ...answer, uid: 'b', session: 't' }
  const order = rank([ask, answer, cheer, after], nothing).map(one => one.uid)
  assert.ok(order.indexOf('z') < order.indexOf('b'), order.join())
})

test('the same words of the same person a second time come behind what is new', () => {
  const says = 'fort cushion'
  const order = rank(
    [
      { ...plain, match: 5, says },
      { ...plain, uid: 'b', match: 5, says, pos: 20 },
      { ...plain, uid: 'c', match: 4.5, says: 'pillow castle', pos: 40 },
    ],
    nothing,
  ).map(one => one.uid)
  assert.deepEqual(order, ['a', 'c', 'b'])
})

test('a named month prefers what was said or happened then', () => {
  const july = { ...plain, uid: 'b', pos: 9, at: Date.UTC(2023, 6, 3) }
  assert.equal(first([plain, july], { dates: [{ year: 2023, month: 7 }] }), 'b')
  assert.equal(first([plain, july], { dates: [{ year: 2023, month: 5, day: 8 }] }), 'a')
})

test('age decides between equal facts and never against a turn or a pinned fact', () => {
  const old = { ...plain, fact: true, session: null, pos: null, ageMs: 3e11 }
  const fresh = { ...old, uid: 'b', ageMs: 0 }
  assert.equal(first([old, fresh]), 'b')
  assert.equal(first([{ ...old, pinned: true }, fresh]), 'a')
  const told = 'as many words of its own as a turn needs that has something to tell'
  assert.equal(first([{ ...old, fact: false, says: told }, fresh]), 'a')
})
