// The configuration in force is always a valid generation, whatever is edited, refused or interrupted.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { editText } from '../../../src/config/edit.ts'
import { loadOrLastGood } from '../../../src/config/last-good.ts'
import type { Config } from '../../../src/config/load.ts'
import { parseConfig } from '../../../src/config/parse.ts'
import { type Configuration, openConfiguration } from '../../../src/gateway/configuration/configuration.ts'
import { refusalOf } from '../../../src/gateway/configuration/probation.ts'
import { silentLog } from '../../../src/log.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { openTracer } from '../../../src/trace/trace.ts'

const migrations = fileURLToPath(new URL('../../../migrations/coop', import.meta.url))
const first = `# The house.
[agent]
id = "coop"
model = "offline/coop"

[[users]]
name = "Alice" # owner
trust = "full"
match = ["terminal:default"]
`
const author = { who: 'alice', via: 'chat', why: 'a test' } as const

interface Bench extends AsyncDisposable {
  readonly path: string
  readonly store: Store
  readonly configuration: Configuration
  readonly force: Config
  readonly told: string[]
  /** What is found before the next change is in force. */
  faultBefore: string | null
  /** For each change that was tried, whether it was in force by then. */
  readonly tried: boolean[]
  /** What the next examination finds. */
  fault: string | null
  /** Happens while a change is watched. */
  beforeFault: () => void
  /** Dies in the middle of the next change, after the file was written. */
  dieInChange: boolean
  restart(): Promise<void>
}

async function openBench(begun = first, adapt = (config: Config): Config => config): Promise<Bench> {
  const dir = mkdtempSync(join(tmpdir(), 'coop-config-'))
  const path = join(dir, 'coop.toml')
  writeFileSync(path, begun)
  let store = openStore(join(dir, 'db', 'coop.db'), migrations)
  let force: Config
  const told: string[] = []
  const tried: boolean[] = []
  const open = () => {
    const { config, problem } = loadOrLastGood(path)
    force = adapt(config)
    return openConfiguration({
      config: force,
      adapt,
      problem,
      generations: store.generations,
      durable: store.durable,
      async bring(next) {
        force = next
      },
      refuse: refusalOf,
      async tryOut(next) {
        tried.push(next.text === force.text)
        return bench.faultBefore
      },
      async examine() {
        bench.beforeFault()
        return bench.dieInChange ? new Promise<never>(() => {}) : bench.fault
      },
      tell: (_person, text) => void told.push(text),
      log: silentLog(),
      tracer: openTracer(undefined, text => text, false),
      now: Date.now,
    })
  }
  let configuration: Configuration
  const bench: Bench = {
    path,
    get store() {
      return store
    },
    get configuration() {
      return configuration
    },
    get force() {
      return force
    },
    told,
    tried,
    faultBefore: null,
    fault: null,
    beforeFault: () => {},
    dieInChange: false,
    async restart() {
      bench.dieInChange = false
      store[Symbol.dispose]()
      store = openStore(join(dir, 'db', 'coop.db'), migrations)
      configuration = open()
      await configuration.resume()
    },
    async [Symbol.asyncDispose]() {
      store[Symbol.dispose]()
      rmSync(dir, { recursive: true, force: true })
    },
  }
  configuration = open()
  return bench
}

/** A first chat has no key yet: another model answers as long as this process runs. */
const withoutKey = (config: Config): Config => ({
  ...config,
  settings: { ...config.settings, agent: { ...config.settings.agent, model: 'offline/coop' } },
})

const edited = (bench: Bench, key: string, value: unknown) =>
  editText(bench.configuration.latest().text, [{ key, value }])

test('a change is written, in force, and a generation with who, why and what', async () => {
  await using bench = await openBench()
  assert.match(
    await bench.configuration.change(() => edited(bench, 'trace.keep_days', 3), author),
    /keep_days: 14 → 3/,
  )
  assert.equal(bench.force.settings.trace.keep_days, 3)
  assert.match(readFileSync(bench.path, 'utf8'), /# owner[\s\S]*keep_days = 3/)
  const [newest] = bench.configuration.history(1)
  assert.deepEqual(
    [newest?.who, newest?.via, newest?.why, newest?.state, newest?.diff],
    ['alice', 'chat', 'a test', 'kept', ['trace.keep_days: 14 → 3']],
  )
})

test('a change that fails its probation is rolled back, and the person who asked is told why', async () => {
  await using bench = await openBench()
  bench.fault = 'the channel does not connect'
  const said = await bench.configuration.change(() => edited(bench, 'trace.keep_days', 3), author)
  assert.match(said, /rolled back, the channel does not connect/)
  assert.equal(readFileSync(bench.path, 'utf8'), first)
  assert.equal(bench.force.settings.trace.keep_days, 14)
  assert.deepEqual(bench.told, [said])
})

test('a change whose model does not answer is never in force, and is taken back from the file', async () => {
  await using bench = await openBench()
  bench.faultBefore = 'it does not answer'
  const text = editText(first, [{ key: 'trace.keep_days', value: 3 }])
  assert.match(await bench.configuration.change(() => text, author), /rolled back, it does not answer/)
  assert.equal(bench.force.settings.trace.keep_days, 14)
  assert.deepEqual(bench.tried, [false])
  assert.equal(readFileSync(bench.path, 'utf8'), first)
  assert.deepEqual(bench.told.length, 1)
  assert.deepEqual(
    bench.configuration.history(3).map(({ state }) => state),
    ['kept', 'rolled_back', 'kept'],
  )
})

test('a change that a crash interrupted is watched on by the next process', async () => {
  await using bench = await openBench()
  bench.dieInChange = true
  void bench.configuration.change(() => edited(bench, 'trace.keep_days', 3), author)
  while (bench.force.settings.trace.keep_days !== 3) await new Promise(setImmediate)
  bench.fault = 'the model does not answer'
  await bench.restart()
  assert.equal(readFileSync(bench.path, 'utf8'), first)
  assert.equal(bench.force.settings.trace.keep_days, 14)
  assert.match(bench.told[0] ?? '', /the model does not answer/)
})

test('a rollback that a crash interrupted before the file was written is carried out by the next process', async () => {
  await using bench = await openBench()
  bench.dieInChange = true
  void bench.configuration.change(() => edited(bench, 'trace.keep_days', 3), author)
  while (bench.force.settings.trace.keep_days !== 3) await new Promise(setImmediate)
  bench.store.generations.settle(2, 'rolled_back', 'it does not answer')
  await bench.restart()
  assert.equal(readFileSync(bench.path, 'utf8'), first)
  assert.equal(bench.force.settings.trace.keep_days, 14)
  assert.match(
    bench.configuration.history(1)[0]?.why ?? '',
    /generation 2 was rolled back: it does not answer/,
  )
})

test('a change that fails is taken back even where the file is gone meanwhile', async () => {
  await using bench = await openBench()
  bench.fault = 'it does not work'
  bench.beforeFault = () => rmSync(bench.path)
  assert.match(
    await bench.configuration.change(() => edited(bench, 'trace.keep_days', 3), author),
    /rolled back, it does not work/,
  )
  assert.equal(bench.force.settings.trace.keep_days, 14)
  assert.ok(!existsSync(bench.path))
})

test('the same tool call changes once', async () => {
  await using bench = await openBench()
  const text = edited(bench, 'trace.keep_days', 3)
  await bench.configuration.change(() => text, { ...author, call: 'turn:1' })
  await bench.configuration.change(() => edited(bench, 'trace.keep_days', 5), author)
  assert.match(await bench.configuration.change(() => text, { ...author, call: 'turn:1' }), /generation 2/)
  assert.equal(bench.force.settings.trace.keep_days, 5)
})

test('a change that died before the file had it is made by the same call, taken up again', async () => {
  await using bench = await openBench()
  const wish = () => edited(bench, 'trace.keep_days', 3)
  const { who, via, why } = author
  bench.store.generations.add(
    { who, via, why, diff: [], text: wish(), state: 'probation' },
    'message 7',
    Date.now(),
  )
  await bench.restart()
  assert.equal(bench.configuration.history(1)[0]?.reason, 'interrupted before it took effect')
  assert.match(await bench.configuration.change(wish, { ...author, call: 'message 7' }), /^Changed/)
  assert.equal(bench.force.settings.trace.keep_days, 3)
})

test('a change that would leave nobody fully trusted is refused', async () => {
  await using bench = await openBench()
  await assert.rejects(
    bench.configuration.change(() => edited(bench, 'users[alice].trust', 'inner'), author),
    /nobody would be fully trusted/,
  )
  assert.equal(readFileSync(bench.path, 'utf8'), first)
})

test('two changes at once, and one that the file got in the same moment, all stand in the end', async () => {
  await using bench = await openBench()
  const set = (key: string, value: unknown) =>
    bench.configuration.change(() => edited(bench, key, value), author)
  writeFileSync(bench.path, `${first}\n[trace]\nmax_mb = 7\n`)
  const said = await Promise.all([set('trace.keep_days', 3), set('memory.prompt_index.limit', 4)])
  for (const text of said) assert.match(text, /^Changed, generation \d/)
  const { trace, memory } = bench.force.settings
  assert.deepEqual([trace.max_mb, trace.keep_days, memory.prompt_index.limit], [7, 3, 4])
  assert.equal(readFileSync(bench.path, 'utf8'), bench.configuration.latest().text)
})

test('what is not hot waits, and does not hold up the rest', async () => {
  await using bench = await openBench()
  writeFileSync(bench.path, `${first.replace('"coop"', '"other"')}\n[trace]\nkeep_days = 2\n`)
  await bench.configuration.read()
  assert.deepEqual(bench.configuration.waiting(), ['agent.id'])
  assert.equal(bench.force.settings.agent.id, 'coop')
  assert.equal(bench.force.settings.trace.keep_days, 2)
})

/** Dies once the change is in the file, or was refused. */
async function dieInChange(bench: Bench): Promise<void> {
  const before = bench.configuration.latest().text
  const days = (bench.configuration.latest().settings.trace.keep_days + 1) % 400
  bench.dieInChange = true
  let over = false
  bench.configuration.change(() => edited(bench, 'trace.keep_days', days), author).catch(() => (over = true))
  while (!over && bench.configuration.latest().text === before) await new Promise(setImmediate)
  await bench.restart()
}

const act = fc.oneof(
  fc.record({ kind: fc.constant('edit' as const), days: fc.integer({ min: 0, max: 400 }) }),
  fc.record({ kind: fc.constant('bad edit' as const), days: fc.integer({ min: 0, max: 400 }) }),
  fc.record({
    kind: fc.constantFrom(
      'garbage' as const,
      'delete' as const,
      'rollback' as const,
      'kill' as const,
      'kill in a change' as const,
    ),
  }),
  fc.record({ kind: fc.constant('file' as const), name: fc.constantFrom('Bob', 'Carol', 'Mallory') }),
)

test('random edits, broken files, rollbacks and kills: what is in force is always a valid generation', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 3, maxLength: 12 }), async acts => {
      await using bench = await openBench()
      for (const one of acts) {
        const { configuration } = bench
        bench.fault = one.kind === 'bad edit' ? 'it does not work' : null
        const quietly = (work: Promise<unknown>) => work.catch(() => {})
        if (one.kind === 'edit' || one.kind === 'bad edit')
          await quietly(configuration.change(() => edited(bench, 'trace.keep_days', one.days), author))
        if (one.kind === 'rollback') await quietly(configuration.rollback(null, author))
        if (one.kind === 'kill') await bench.restart()
        if (one.kind === 'kill in a change') await dieInChange(bench)
        if (one.kind === 'garbage') writeFileSync(bench.path, '[agent\n')
        if (one.kind === 'delete') rmSync(bench.path, { force: true })
        if (one.kind === 'file') {
          const text = editText(configuration.latest().text, [
            { key: 'users', value: [{ name: one.name, trust: 'inner' }] },
          ])
          writeFileSync(bench.path, text)
        }
        if (!one.kind.startsWith('kill')) await configuration.read()
        if (!existsSync(bench.path)) writeFileSync(bench.path, bench.configuration.latest().text)
        const now = bench.configuration.latest().text
        const generations = bench.configuration.history(1_000)
        assert.ok(parseConfig(now).ok)
        assert.ok(
          generations.some(({ text, state }) => text === now && state !== 'rolled_back'),
          `what is in force after ${one.kind} is no generation`,
        )
        assert.ok(generations.every(({ text }) => parseConfig(text).ok))
        assert.equal(
          bench.force.settings.trace.keep_days,
          bench.configuration.latest().settings.trace.keep_days,
        )
      }
    }),
    { numRuns: 25 },
  )
})

test('a house whose model has no key yet can be set up all the same', async () => {
  await using bench = await openBench(first.replace('offline/coop', 'anthropic/claude-opus-4-6'), withoutKey)
  const bob = { name: 'Bob', trust: 'inner', match: ['telegram:1002'] }
  const text = editText(bench.configuration.latest().text, [{ key: 'users', value: [bob] }])
  assert.match(await bench.configuration.change(() => text, author), /^Changed, generation 2/)
  assert.ok(bench.force.household.people.has('bob'))
  assert.equal(bench.force.settings.agent.model, 'offline/coop')
})
