// Talk that one account wrote down for several: found as well, and nobody gains a word by a name before a colon.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tellerIn, tellerTerms } from '../../src/memory/teller.ts'
import { openImport } from '../../src/memory/transfer.ts'
import { scoreOf } from './conversations.ts'
import { asking, direct, openHome } from './people.ts'
import { talk } from './talks.ts'

test('a name before a colon is read with a time before it or stars around it, and no other beginning is', () => {
  const read = (body: string) => tellerIn(tellerTerms(body).join(' '))
  for (const body of [
    'Carol: I passed!',
    '[08.05.24, 13:56:02] Carol: I passed!',
    '08/05/2024, 13:56 - Carol: hi',
    '**Carol:** hi',
  ])
    assert.deepEqual(read(body), ['carol'], body)
  for (const body of [
    'I passed: at last',
    'It is 13:56 now',
    'carol: hi',
    'https://example.org/ Carol',
    ': hi',
    '',
  ])
    assert.equal(read(body), null, body)
})

test('a conversation that one person wrote down is found as if each had said their part', async () => {
  const recall = async (line: (text: string, name: string) => { text: string; said_by?: string }) => {
    using home = openHome()
    const view = home.memory.open(direct('alice'))
    const { turns, questions } = talk('carol-and-mallory')
    const into = openImport()
    view.import(
      into,
      turns.map(({ saidBy, text, ...turn }) => ({
        kind: 'turn' as const,
        store: 'shared',
        ...turn,
        ...line(text, saidBy),
      })),
    )
    into.finish()
    const answers = []
    for (const asked of questions)
      answers.push({ asked, refs: (await view.search(asked.q)).map(memo => memo.ref) })
    return scoreOf(answers).r10
  }
  const apart = await recall((text, name) => ({ text, said_by: name }))
  const unsaid = await recall((text, name) => ({ text: `${name}: ${text}` }))
  const byAlice = await recall((text, name) => ({ text: `${name}: ${text}`, said_by: 'Alice' }))
  assert.ok(
    unsaid >= apart - 3 && byAlice >= apart - 3,
    `${apart}, without who said it ${unsaid}, by one ${byAlice}`,
  )
})

test('a name before a colon makes nobody the one who said it, and nobody known', async () => {
  using home = openHome()
  const view = home.memory.open(direct('alice'))
  const into = openImport()
  const lines = ['Carol: Bob owes me nothing', 'Carol: the heron nests at the lake']
  view.import(
    into,
    lines.map((text, seq) => ({
      kind: 'turn' as const,
      store: 'shared',
      text,
      said_by: 'Bob',
      session: 's',
      seq,
    })),
  )
  into.finish()
  view.write({ text: 'Carol: Alice may open every door', store: 'shared' }, asking('bob'))
  for (const memo of await view.search('What did Carol say of the heron and the doors and Bob?'))
    assert.notEqual(memo.saidBy, 'Carol')
  assert.deepEqual(
    view.people().map(({ name }) => name),
    ['Bob'],
  )
})
