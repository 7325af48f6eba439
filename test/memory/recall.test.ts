// How much of what was said is found again, on conversations whose evidence is known.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openImport } from '../../src/memory/transfer.ts'
import { type Asked, type Conversation, converse, scoreOf } from './conversations.ts'
import { recount } from './episodes.ts'
import { direct, openHome } from './people.ts'
import { talk } from './talks.ts'

const pairs = [
  ['Alice', 'Bob'],
  ['Carol', 'Mallory'],
  ['Bob', 'Carol'],
  ['Alice', 'Mallory'],
] as const
const lineOf = (store: string) => (turn: Conversation['turns'][number]) => ({
  kind: 'turn' as const,
  store,
  text: turn.text,
  said_by: turn.saidBy,
  session: turn.session,
  seq: turn.seq,
  at: turn.at,
  ref: turn.ref,
})

test('questions over long conversations find their evidence among the first results', async () => {
  const answers: { asked: Asked; refs: (string | null)[] }[] = []
  for (const [index, speakers] of pairs.entries()) {
    using home = openHome()
    const view = home.memory.open(direct('alice'))
    const { turns, questions } = converse({ seed: 40 + index, sessions: 20, speakers })
    const into = openImport()
    view.import(into, turns.map(lineOf('shared')))
    into.finish()
    for (const asked of questions)
      answers.push({ asked, refs: (await view.search(asked.q)).map(memo => memo.ref) })
  }
  const of = (kind: Asked['kind']) => scoreOf(answers.filter(({ asked }) => asked.kind === kind))
  const all = scoreOf(answers)
  assert.ok(all.questions > 200, `${all.questions} questions`)
  assert.ok(all.r10 >= 85 && all.r5 >= 78 && all.mrr >= 0.6, JSON.stringify(all))
  assert.ok(of('temporal').r10 >= 93, JSON.stringify(of('temporal')))
  assert.ok(of('single').r10 >= 80, JSON.stringify(of('single')))
})

test('questions in other words than the answer was told in find it more often than not', async () => {
  using home = openHome()
  const view = home.memory.open(direct('alice'))
  const { turns, questions } = recount({ seed: 10, sessions: 19, speakers: ['Alice', 'Bob'] })
  const into = openImport()
  view.import(into, turns.map(lineOf('shared')))
  into.finish()
  const answers = []
  for (const asked of questions)
    answers.push({ asked, refs: (await view.search(asked.q)).map(memo => memo.ref) })
  const all = scoreOf(answers)
  assert.ok(all.questions > 120, `${all.questions} questions`)
  assert.ok(all.r10 >= 58 && all.mrr >= 0.42, JSON.stringify(all))
})

test('questions over conversations of months, written by hand, find their evidence', async () => {
  const answers: { asked: Asked; refs: (string | null)[] }[] = []
  for (const name of ['alice-and-bob', 'carol-and-mallory', 'bob-and-carol']) {
    using home = openHome()
    const view = home.memory.open(direct('alice'))
    const { turns, questions } = talk(name)
    const into = openImport()
    view.import(into, turns.map(lineOf('shared')))
    into.finish()
    for (const asked of questions)
      answers.push({ asked, refs: (await view.search(asked.q)).map(memo => memo.ref) })
  }
  const all = scoreOf(answers)
  assert.ok(all.questions > 200, `${all.questions} questions`)
  assert.ok(all.r10 >= 85 && all.r5 >= 78 && all.mrr >= 0.61, JSON.stringify(all))
})

test('recall does not depend on which readable store a turn is in', async () => {
  using together = openHome()
  using apart = openHome()
  const { turns, questions } = converse({ seed: 9, sessions: 15, speakers: ['Alice', 'Bob'] })
  const recall = async (home: typeof apart, storeOf: (session: string) => string) => {
    const view = home.memory.open(direct('alice'))
    const into = openImport()
    view.import(
      into,
      turns.map(turn => lineOf(storeOf(turn.session))(turn)),
    )
    into.finish()
    const answers = []
    for (const asked of questions)
      answers.push({ asked, refs: (await view.search(asked.q)).map(memo => memo.ref) })
    return scoreOf(answers).r10
  }
  const stores = ['private', 'shared', 'social']
  const one = await recall(together, () => 'private')
  const three = await recall(apart, session => stores[Number(session.split('-')[1]) % 3]!)
  assert.ok(Math.abs(one - three) <= 2, `${one} in one store, ${three} in three`)
})
