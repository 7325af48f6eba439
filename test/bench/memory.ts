// Memory measured: search and insert by size and level, import, the prompt index, the event loop at a million rows.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as breathe } from 'node:timers/promises'
import { openImport } from '../../src/memory/transfer.ts'
import { type Asked, type Conversation, converse, type Score, scoreOf } from '../memory/conversations.ts'
import { recount } from '../memory/episodes.ts'
import { asking, direct, type Home, type Name, openHome } from '../memory/people.ts'
import { talk } from '../memory/talks.ts'
import { progress, type Row } from './row.ts'
import { vectorRows } from './vectors.ts'

/**
 * All rows, for these sizes, smallest first: one memory that grows, so that no row is built twice. The words come
 * first, then vectors in the order of their file, recall last.
 */
export async function rows(
  sizes: readonly number[] = [10_000, 100_000, 1_000_000],
  vectors: readonly number[] = [10_000, 100_000],
): Promise<Row[]> {
  const found: Row[] = []
  {
    using home = openHome()
    for (const [index, size] of sizes.entries())
      found.push(...(await atSize(home, sizes[index - 1] ?? 0, size)))
  }
  found.push(...(await vectorRows(vectors)))
  progress('memory: recall')
  return [...found, ...(await recall())]
}

async function recall(): Promise<Row[]> {
  const generated = Array.from({ length: 10 }, (_, index) =>
    converse({ seed: 70 + index, sessions: 27, speakers: [`Alice${index}`, `Bob${index}`] }),
  )
  const pairs = [
    ['Alice', 'Bob'],
    ['Carol', 'Mallory'],
  ] as const
  const told = pairs.map((speakers, index) => recount({ seed: 10 + index, sessions: 19, speakers }))
  return [
    ...(await recallOf('generated conversations, one store', [generated], gate)),
    ...(await recallOf(
      'episodes asked in other words, a store each',
      told.map(one => [one]),
    )),
    ...(await recallOf(
      'conversations of months written by hand, among as much other talk',
      [
        ['alice-and-bob', 0],
        ['carol-and-mallory', 1],
      ].map(([name, pair]) => [talk(name as string), among(pairs[pair as 0]!, pair as number)]),
    )),
    ...(await recallOf('another of that kind', [[talk('bob-and-carol'), among(['Bob', 'Carol'], 2)]])),
    ...(await recallOf('terse messages with typos, and long letters, kept apart while the ranking was made', [
      [talk('alice-and-mallory'), among(['Alice', 'Mallory'], 3)],
      [talk('bob-and-mallory'), among(['Bob', 'Mallory'], 4)],
    ])),
  ]
}

/** Other talk of the same two, which nobody asks about. */
const among = (speakers: readonly [string, string], index: number): Conversation => ({
  turns: recount({ seed: 30 + index, sessions: 19, speakers }).turns,
  questions: [],
})

const gate = { r10: 79, r5: 72, mrr: 0.62 }

/** Questions over conversations, those of one inner list in one store. */
async function recallOf(
  name: string,
  stores: readonly (readonly Conversation[])[],
  bars?: typeof gate,
): Promise<Row[]> {
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
  return [
    {
      name: `memory: recall on ${name}`,
      ...(bars ? { bar: `R@10 >= ${bars.r10}, R@5 >= ${bars.r5}, MRR >= ${bars.mrr}` } : {}),
      value: `${line(all)} (${answers.length} questions, ${(searchMs / answers.length).toFixed(1)} ms each; ${count} turns imported in ${(importMs / 1_000).toFixed(1)} s)`,
      ...(bars ? { pass: all.r10 >= bars.r10 && all.r5 >= bars.r5 && all.mrr >= bars.mrr } : {}),
    },
    ...kinds.map(kind => ({
      name: `memory:   ${kind}`,
      value: line(scoreOf(answers.filter(({ asked }) => asked.kind === kind))),
    })),
  ]
}

const words = Array.from({ length: 20_000 }, (_, index) => `w${index.toString(36)}`)

/** Words as unevenly frequent as the content words of a language (Zipf and Mandelbrot, shifted by 50). */
function text(random: () => number): string {
  const count = 12 + Math.floor(random() * 24)
  return Array.from(
    { length: count },
    () => words[Math.floor(50 * (1 + words.length / 50) ** random() - 50)] ?? 'the',
  ).join(' ')
}

function generator(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

async function atSize(home: Home, from: number, to: number): Promise<Row[]> {
  const label = to >= 1_000_000 ? `${to / 1_000_000}M` : `${to / 1_000}k`
  const built = await fill(home, from, to, label)
  const random = generator(7)
  const found: Row[] = []
  for (const name of ['alice', 'bob', 'carol'] as const) {
    progress(`memory ${label}: search as ${name}`)
    found.push(await searchRow(home, name, label, to, random))
  }
  progress(`memory ${label}: insert and prompt index`)
  found.push(await insertRow(home, label, to, 'alice', 'private'))
  found.push(await insertRow(home, label, to, 'bob', 'shared'))
  found.push({
    name: `memory ${label}: building rows and index`,
    value: `${Math.round((to - from) / built)} rows/s`,
  })
  found.push(await indexRow(home, label, random))
  return found
}

/** From so many rows to so many, in seconds; what merges the text index at the end is counted. */
async function fill(home: Home, first: number, end: number, label: string): Promise<number> {
  const view = home.memory.open(direct('alice'))
  const random = generator(11 + first)
  const started = performance.now()
  const into = openImport()
  const batch = 10_000
  for (let from = first; from < end; from += batch) {
    progress(`memory ${label}: ${from} of ${end} rows`)
    view.import(
      into,
      Array.from({ length: Math.min(batch, end - from) }, (_, index) => {
        const seq = from + index
        const store = random() < 0.7 ? 'private' : random() < 0.67 ? 'shared' : 'social'
        return {
          kind: 'turn' as const,
          store,
          text: text(random),
          said_by: seq % 2 ? 'Alice' : 'Bob',
          session: `s${Math.floor(seq / 40)}`,
          seq,
          at: new Date(1.6e12 + seq * 6e4).toISOString(),
        }
      }),
    )
    await breathe()
  }
  into.finish()
  return (performance.now() - started) / 1_000
}

async function searchRow(
  home: Home,
  name: Name,
  label: string,
  size: number,
  random: () => number,
): Promise<Row> {
  const view = home.memory.open(direct(name))
  await view.search('w1 w2 w3')
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const times: number[] = []
  for (let count = 0; count < 100; count++) {
    const question = text(random).split(' ').slice(0, 7).join(' ')
    const started = performance.now()
    await view.search(question)
    times.push(performance.now() - started)
    await breathe()
  }
  delay.disable()
  const heldMs = delay.max / 1e6
  const bars: Record<number, { bar: string; pass: boolean }> = {
    10000: { bar: 'p99 < 10 ms', pass: at(times, 0.99) < 10 },
    1000000: { bar: 'p95 < 150 ms, loop < 10 ms', pass: at(times, 0.95) < 150 && heldMs < 10 },
  }
  return {
    name: `memory ${label}: search as ${name}`,
    ...(name === 'alice' ? bars[size] : {}),
    value: `p50 ${ms(times, 0.5)}, p95 ${ms(times, 0.95)}, p99 ${ms(times, 0.99)} ms; event loop held at most ${heldMs.toFixed(1)} ms`,
  }
}

async function insertRow(home: Home, label: string, size: number, name: Name, store: string): Promise<Row> {
  const view = home.memory.open(direct(name))
  const random = generator(13)
  const times: number[] = []
  for (let count = 0; count < 200; count++) {
    const note = { text: text(random), store }
    const started = performance.now()
    view.write(note, asking(name))
    times.push(performance.now() - started)
    if (count % 10 === 0) await breathe()
  }
  return {
    name: `memory ${label}: insert as ${name}`,
    ...(size === 10_000 && name === 'alice' ? { bar: 'p50 < 1 ms', pass: at(times, 0.5) < 1 } : {}),
    value: `p50 ${ms(times, 0.5)}, p99 ${ms(times, 0.99)} ms`,
  }
}

async function indexRow(home: Home, label: string, random: () => number): Promise<Row> {
  const view = home.memory.open(direct('alice'))
  const times: number[] = []
  for (let count = 0; count < 50; count++) {
    const started = performance.now()
    await view.promptIndex(text(random).split(' ').slice(0, 12).join(' '))
    times.push(performance.now() - started)
    await breathe()
  }
  return {
    name: `memory ${label}: prompt index`,
    bar: '50 ms deadline',
    value: `p50 ${ms(times, 0.5)}, p95 ${ms(times, 0.95)} ms`,
  }
}

const at = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.min(Math.floor(times.length * share), times.length - 1)]!

const ms = (times: readonly number[], share: number): string => at(times, share).toFixed(1)
