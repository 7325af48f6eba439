// Memory measured: search and insert by size and level, import, the prompt index, the event loop at a million rows.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as breathe } from 'node:timers/promises'
import { asking, direct, type Home, type Name, openHome } from '../memory/people.ts'
import { generator, importUpTo, storeUpTo, text } from './fill.ts'
import { recallRows } from './recall.ts'
import { progress, type Row } from './row.ts'
import { vectorRows } from './vectors.ts'

/**
 * All rows, each as soon as it is measured, for these sizes, smallest first: one memory that grows, so that no row
 * is built twice. The words come first, then vectors in the order of their file, recall last.
 */
export async function* rows(
  sizes: readonly number[] = [10_000, 100_000, 1_000_000],
  vectors: readonly number[] = [10_000, 100_000],
): AsyncGenerator<Row> {
  {
    using home = openHome()
    for (const [index, size] of sizes.entries()) yield* atSize(home, sizes[index - 1] ?? 0, size)
  }
  yield* vectorRows(vectors)
  progress('memory: recall')
  yield* recallRows()
}

/** Up to here rows are built by the import that people use. */
const mostImported = 100_000

async function* atSize(home: Home, from: number, to: number): AsyncGenerator<Row> {
  const label = to >= 1_000_000 ? `${to / 1_000_000}M` : `${to / 1_000}k`
  if (to <= mostImported) {
    const built = await importUpTo(home, from, to)
    yield { name: `memory ${label}: import`, value: `${Math.round((to - from) / built)} rows/s` }
  } else {
    await storeUpTo(home, from, to)
  }
  const random = generator(7)
  for (const name of ['alice', 'bob', 'carol'] as const) {
    progress(`memory ${label}: search as ${name}`)
    yield await searchRow(home, name, label, to, random)
  }
  progress(`memory ${label}: insert and prompt index`)
  yield await insertRow(home, label, to, 'alice', 'private')
  yield await insertRow(home, label, to, 'bob', 'shared')
  yield await indexRow(home, label, random)
}

/** Asked or written before what is measured: a gateway that runs for days has long compiled its code. */
const warmUp = 20

const questionOf = (random: () => number): string => text(random).split(' ').slice(0, 7).join(' ')

async function searchRow(
  home: Home,
  name: Name,
  label: string,
  size: number,
  random: () => number,
): Promise<Row> {
  const view = home.memory.open(direct(name))
  for (let count = 0; count < warmUp; count++) await view.search(questionOf(random))
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const times: number[] = []
  for (let count = 0; count < (size > mostImported ? 100 : 300); count++) {
    const question = questionOf(random)
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
  for (let count = -warmUp; count < 200; count++) {
    const note = { text: text(random), store }
    const started = performance.now()
    view.write(note, asking(name))
    if (count >= 0) times.push(performance.now() - started)
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
