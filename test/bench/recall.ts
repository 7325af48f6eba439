// Recall measured: how many of the turns that answer a question are among the first results, over conversations of several kinds.
import { openImport } from '../../src/memory/transfer.ts'
import { type Asked, type Conversation, converse, type Score, scoreOf } from '../memory/conversations.ts'
import { recount } from '../memory/episodes.ts'
import { direct, openHome } from '../memory/people.ts'
import { talk } from '../memory/talks.ts'
import type { Row } from './row.ts'

/** A row for each kind of conversation, and below it one for each kind of question. */
export async function* recallRows(): AsyncGenerator<Row> {
  const generated = Array.from({ length: 10 }, (_, index) =>
    converse({ seed: 70 + index, sessions: 27, speakers: [`Alice${index}`, `Bob${index}`] }),
  )
  const pairs = [
    ['Alice', 'Bob'],
    ['Carol', 'Mallory'],
  ] as const
  const told = pairs.map((speakers, index) => recount({ seed: 10 + index, sessions: 19, speakers }))
  yield* recallOf('generated conversations, one store', [generated], gate)
  yield* recallOf(
    'episodes asked in other words, a store each',
    told.map(one => [one]),
  )
  yield* recallOf(
    'conversations of months written by hand, among as much other talk',
    [
      ['alice-and-bob', 0],
      ['carol-and-mallory', 1],
    ].map(([name, pair]) => [talk(name as string), among(pairs[pair as 0]!, pair as number)]),
  )
  yield* recallOf('another of that kind', [[talk('bob-and-carol'), among(['Bob', 'Carol'], 2)]])
  yield* recallOf('terse messages with typos, and long letters, kept apart while the ranking was made', [
    [talk('alice-and-mallory'), among(['Alice', 'Mallory'], 3)],
    [talk('bob-and-mallory'), among(['Bob', 'Mallory'], 4)],
  ])
}

/** Other talk of the same two, which nobody asks about. */
const among = (speakers: readonly [string, string], index: number): Conversation => ({
  turns: recount({ seed: 30 + index, sessions: 19, speakers }).turns,
  questions: [],
})

const gate = { r10: 79, r5: 72, mrr: 0.62 }

/** Questions over conversations, those of one inner list in one store. */
async function* recallOf(
  name: string,
  stores: readonly (readonly Conversation[])[],
  bars?: typeof gate,
): AsyncGenerator<Row> {
  const answers: { asked: Asked; refs: (string | null)[] }[] = []
  let importMs = 0
  let searchMs = 0
  let count = 0
  for (const conversations of stores) {
    using home = openHome()
    const view = home.memory.open(direct('alice'))
    const into = openImport()
    const started = performance.now()
    const turns = conversations.flatMap(conversation => conversation.turns)
    count += turns.length
    for (let from = 0; from < turns.length; from += 1_000) {
      view.import(
        into,
        turns.slice(from, from + 1_000).map(({ saidBy, ...turn }) => ({
          ...turn,
          kind: 'turn' as const,
          store: 'social',
          said_by: saidBy,
        })),
      )
    }
    into.finish()
    const begun = performance.now()
    importMs += begun - started
    for (const { questions } of conversations) {
      for (const asked of questions)
        answers.push({ asked, refs: (await view.search(asked.q)).map(memo => memo.ref) })
    }
    searchMs += performance.now() - begun
  }
  const kinds = ['single', 'multi', 'temporal', 'open'] as const
  const line = ({ r5, r10, mrr }: Score) =>
    `R@10 ${r10.toFixed(1)}, R@5 ${r5.toFixed(1)}, MRR ${mrr.toFixed(2)}`
  const all = scoreOf(answers)
  yield {
    name: `memory: recall on ${name}`,
    ...(bars ? { bar: `R@10 >= ${bars.r10}, R@5 >= ${bars.r5}, MRR >= ${bars.mrr}` } : {}),
    value: `${line(all)} (${answers.length} questions, ${(searchMs / answers.length).toFixed(1)} ms each; ${count} turns imported in ${(importMs / 1_000).toFixed(1)} s)`,
    ...(bars ? { pass: all.r10 >= bars.r10 && all.r5 >= bars.r5 && all.mrr >= bars.mrr } : {}),
  }
  for (const kind of kinds)
    yield {
      name: `memory:   ${kind}`,
      value: line(scoreOf(answers.filter(({ asked }) => asked.kind === kind))),
    }
}
