// An answer is often found by what was said before it, and in other words than it was asked for.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { capture } from '../../src/memory/capture.ts'
import { openImport } from '../../src/memory/transfer.ts'
import { direct, type Home, openHome } from './people.ts'

function tell(home: Home, lines: readonly (readonly [who: string, text: string, at: string])[]): void {
  const into = openImport()
  home.memory.open(direct('alice')).import(
    into,
    lines.map(([said_by, text, at], seq) => ({
      kind: 'turn' as const,
      store: 'social',
      text,
      said_by,
      session: 's',
      seq,
      at,
    })),
  )
  into.finish()
}
const found = async (home: Home, question: string, limit = 3) =>
  (await home.memory.open(direct('alice')).search(question, { limit })).map(memo => memo.text)

test('an answer that shares no word with the question is found behind what does', async () => {
  using home = openHome()
  tell(home, [
    ['Alice', 'We spent Sunday at the emergency vet with the dog', '2023-05-01T10:00:00Z'],
    ['Bob', 'Oh no, is he all right?', '2023-05-01T10:01:00Z'],
    ['Alice', 'They kept him overnight and I am two hundred euros lighter', '2023-05-01T10:02:00Z'],
    ['Bob', 'Phew', '2023-05-01T10:03:00Z'],
  ])
  assert.ok(
    (await found(home, 'How much did the emergency vet take from Alice?')).includes(
      'They kept him overnight and I am two hundred euros lighter',
    ),
  )
})

test('what was said after a long pause is no neighbour of what was said before it', async () => {
  using home = openHome()
  tell(home, [
    ['Alice', 'The emergency vet was kind', '2023-05-01T10:00:00Z'],
    ['Alice', 'I bought curtains', '2023-05-02T10:00:00Z'],
  ])
  const scores = home.memory.room.searcher
  const [ranked] = [await scores.search([{ id: 'social', owner: null }], 'emergency vet', { now: 0 }, 10)]
  assert.equal(ranked.length >= 1, true)
  assert.equal(ranked[0]!.score > 0, true)
  assert.ok(ranked.slice(1).every(one => one.score < ranked[0]!.score / 2))
})

test('sessions of one name are told apart by their time', async () => {
  using home = openHome()
  tell(home, [
    ['Alice', 'The kiln cracked', '2023-05-01T10:00:00Z'],
    ['Carol', 'My flight was late', '2024-09-01T10:00:00Z'],
  ])
  const into = openImport()
  home.memory.open(direct('alice')).import(into, [
    {
      kind: 'turn',
      store: 'social',
      text: 'I glued it with resin',
      said_by: 'Alice',
      session: 's',
      seq: 1,
      at: '2023-05-01T10:01:00Z',
    },
  ])
  into.finish()
  assert.deepEqual(await found(home, 'What did Alice do when the kiln cracked?', 2), [
    'The kiln cracked',
    'I glued it with resin',
  ])
})

test('a word finds another that may stand for it, after what has the word itself', async () => {
  using home = openHome()
  tell(home, [
    ['Alice', 'Somebody stole my bicycle in front of the library', '2023-05-01T10:00:00Z'],
    ['Bob', 'I sold the old bike', '2023-06-01T10:00:00Z'],
    ['Bob', 'We adopted a kitten', '2023-07-01T10:00:00Z'],
    ['Alice', 'The weather is mild', '2023-08-01T10:00:00Z'],
  ])
  assert.deepEqual(await found(home, 'bike'), [
    'I sold the old bike',
    'Somebody stole my bicycle in front of the library',
  ])
  assert.equal((await found(home, 'Which pet does Bob have?'))[0], 'We adopted a kitten')
  assert.ok(!(await found(home, 'kitten')).includes('The weather is mild'))
})

test('an agent that only nods does not come between what people say', async () => {
  using home = openHome()
  const words = [
    ['alice', 'We spent Sunday at the emergency vet with the dog'],
    [null, 'Noted.'],
    ['alice', 'They kept him overnight and I am two hundred euros lighter'],
    [null, 'Noted.'],
    ['alice', 'The curtains are too long'],
  ] as const
  await chat(home, words)
  assert.equal((await found(home, 'What did the emergency vet cost Alice?', 2)).length, 2)
  assert.deepEqual(await found(home, 'emergency vet', 2), [words[0][1], words[2][1]])
  const mem = home.memory.room.files.database(null)
  const near = mem.prepare("SELECT near FROM mem_social WHERE body LIKE 'They kept%'").pluck().get()
  assert.match(String(near), /emerg vet[\s\S]*curtain/)
})

test('nor does an agent that says the same sentence again', async () => {
  using home = openHome()
  const nod = 'Thank you for telling me about that, I will think about it.'
  await chat(home, [
    ['alice', 'Good morning to the whole kitchen'],
    [null, nod],
    ['alice', 'We spent Sunday at the emergency vet with the dog'],
    [null, nod],
    ['alice', 'They kept him overnight and I am two hundred euros lighter'],
    [null, nod],
    ['alice', 'The curtains are too long'],
  ])
  const mem = home.memory.room.files.database(null)
  const near = mem.prepare("SELECT near FROM mem_social WHERE body LIKE 'They kept%'").pluck().get()
  assert.match(String(near), /emerg vet[\s\S]*curtain/)
})

/** A direct chat of Alice as it is taken over into memory; null is the agent. */
async function chat(home: Home, words: readonly (readonly ['alice' | null, string])[]): Promise<void> {
  await capture(
    home.memory.room,
    {
      turnsAfter: position =>
        position > 0
          ? []
          : [
              {
                position: 1,
                session: 's',
                clearance: direct('alice'),
                said: words.map(([author, text], index) => ({
                  entry: index + 1,
                  name: author === null ? 'coop' : 'Alice',
                  author,
                  text,
                  origin: author === null ? ('agent' as const) : ('full' as const),
                  labels: ['social'],
                  at: Date.UTC(2023, 4, 1, 10) + index * 60_000,
                })),
              },
            ],
    },
    null,
    AbortSignal.timeout(10_000),
  )
}
