// Vectors measured: making them, and finding the nearest by size, dimensions and level, with the event loop beside it.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as breathe } from 'node:timers/promises'
import type { Embed } from '../../src/memory/embed.ts'
import { shelvesOf } from '../../src/memory/shelves.ts'
import { openImport } from '../../src/memory/transfer.ts'
import { tendVectors } from '../../src/memory/upkeep.ts'
import { random } from '../memory/conversations.ts'
import { direct, type Home, type Name, openHome } from '../memory/people.ts'
import { progress, type Row } from './row.ts'

/** All rows, for these sizes and dimensions. The largest writes 600 MB. */
export async function* vectorRows(
  sizes: readonly number[],
  dimensions: readonly number[] = [384, 1_536],
): AsyncGenerator<Row> {
  for (const size of sizes) for (const width of dimensions) yield* atSize(size, width)
}

async function* atSize(size: number, width: number): AsyncGenerator<Row> {
  const label = `vectors ${size / 1_000}k x ${width}`
  progress(`${label}: storing`)
  const embed = clustered(width)
  using home = openHome({
    embedding: { provider: 'openai', model: `of-${width}`, stores: ['social', 'shared', 'private'], embed },
  })
  await fill(home, size)
  const started = performance.now()
  const tended = await tendVectors(home.memory, new AbortController().signal)
  if (tended?.embedded !== size) throw new Error(`${tended?.embedded} of ${size}: ${tended?.error}`)
  const seconds = (performance.now() - started) / 1_000
  yield { name: `${label}: storing`, value: `${Math.round(size / seconds)} rows/s` }
  for (const name of ['alice', 'bob', 'carol'] as const) {
    progress(`${label}: the nearest as ${name}`)
    yield await nearestRow(home, name, label, embed)
  }
}

async function fill(home: Home, size: number): Promise<void> {
  const view = home.memory.open(direct('alice'))
  const into = openImport()
  const roll = random(5)
  for (let from = 0; from < size; from += 2_000) {
    view.import(
      into,
      Array.from({ length: Math.min(2_000, size - from) }, (_, index) => {
        const place = roll()
        return {
          kind: 'fact' as const,
          store: place < 0.7 ? 'private' : place < 0.9 ? 'shared' : 'social',
          text: `row ${from + index}`,
        }
      }),
    )
    await breathe()
  }
  into.finish()
}

/** Texts in 200 neighbourhoods, each a little beside its middle. */
function clustered(width: number): Embed {
  const roll = random(3)
  const middles = Array.from({ length: 200 }, () => Array.from({ length: width }, () => roll() - 0.5))
  return async texts =>
    texts.map(() => {
      const middle = middles[Math.floor(roll() * middles.length)]!
      return Float32Array.from(middle, value => value + 0.4 * (roll() - 0.5))
    })
}

async function nearestRow(home: Home, name: Name, label: string, embed: Embed): Promise<Row> {
  const { reads } = direct(name)
  const refs = shelvesOf(reads, null)
  const { searcher } = home.memory.room
  const vectors = await embed(
    Array.from({ length: 41 }, (_, index) => `question ${index}`),
    'question',
    new AbortController().signal,
  )
  await searcher.nearest(refs, vectors[0]!, 20)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const times: number[] = []
  for (const vector of vectors.slice(1)) {
    const started = performance.now()
    await searcher.nearest(refs, vector, 20)
    times.push(performance.now() - started)
    await breathe()
  }
  delay.disable()
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor(share * (times.length - 1))]!.toFixed(1)
  return {
    name: `${label}: the nearest as ${name}`,
    value: `p50 ${at(0.5)}, p95 ${at(0.95)} ms; event loop held at most ${(delay.max / 1e6).toFixed(1)} ms`,
  }
}
