// Keys in turn, retries before the first word, then the next rung; never twice what a person saw.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FailureKind, type ModelEvent, type ModelRequest, noUsage } from '../../../src/agent/model.ts'
import type { Adapter } from '../../../src/agent/models/adapter.ts'
import { failureOf, parseInput, uniqueId } from '../../../src/agent/models/adapter.ts'
import { factsOf } from '../../../src/agent/models/catalogue.ts'
import { type KeyRing, keyRing } from '../../../src/agent/models/keys.ts'
import { ladder } from '../../../src/agent/models/ladder.ts'

const request: ModelRequest = {
  model: 'a/one',
  tools: [],
  system: { stable: '', session: '' },
  messages: [],
  maxTokens: 1,
}
const text = (delta: string): ModelEvent => ({ type: 'text', delta })
const done: ModelEvent = { type: 'done', blocks: [], stop: 'end', usage: noUsage }
const failed = (kind: FailureKind, retryAfterMs = 1): ModelEvent => ({
  type: 'failed',
  kind,
  message: kind,
  retryAfterMs,
})

/** An adapter that plays one script an attempt, and the keys it was given. */
function scripted(...scripts: readonly (readonly ModelEvent[])[]): {
  adapter: Adapter
  asked: (string | undefined)[]
} {
  const keys: (string | undefined)[] = []
  return {
    asked: keys,
    adapter: async function* (_request, { key }) {
      keys.push(key)
      yield* scripts[Math.min(keys.length, scripts.length) - 1]!
    },
  }
}

async function play(
  rungs: readonly { adapter: Adapter; keys?: readonly string[] }[],
  options: { idleMs?: number; signal?: AbortSignal } = {},
): Promise<ModelEvent[]> {
  const stream = ladder({
    rungs: async () =>
      rungs.map(({ adapter, keys = ['k1'] }, index) => ({
        name: `p/${index}`,
        model: `m${index}`,
        adapter,
        keys: keyRing(keys),
        facts: factsOf('x/y'),
        endpoint: { baseUrl: undefined, headers: {} },
      })),
    idleMs: options.idleMs ?? 1_000,
    now: Date.now,
  })
  return Array.fromAsync(stream(request, options.signal ?? new AbortController().signal))
}

/** A ladder of one rung, without a key. */
const alone = (adapter: Adapter) =>
  ladder({
    rungs: async () => [
      {
        name: 'p/0',
        model: 'm',
        adapter,
        keys: keyRing([]),
        facts: factsOf('x/y'),
        endpoint: { baseUrl: undefined, headers: {} },
      },
    ],
    idleMs: 1_000,
    now: Date.now,
  })

test('a fault that passes is tried again before the first word', async () => {
  for (const kind of ['overloaded', 'network', 'broken'] as const) {
    const one = scripted([failed(kind)], [failed(kind)], [text('hello'), done])
    const tried = Array(2).fill(`p/0: ${kind}, ${kind}`)
    assert.deepEqual(await play([one]), [text('hello'), { ...done, tried }])
    assert.equal(one.asked.length, 3)
  }
})

test('after the first word nothing is tried again: the failure is the end', async () => {
  const one = scripted([text('half'), failed('network')], [text('again'), done])
  assert.deepEqual(await play([one, scripted([done])]), [text('half'), failed('network')])
  const silent = scripted([text('half')], [text('again'), done])
  const events = await play([silent, scripted([text('other'), done])])
  assert.deepEqual(
    events.map(event => event.type),
    ['text', 'failed'],
  )
})

test('a refused key gives way to the next at once', async () => {
  for (const kind of ['auth', 'rate_limit'] as const) {
    const one = scripted([failed(kind, 60_000)], [done])
    const tried = [`p/0: ${kind}, ${kind}`]
    assert.deepEqual(await play([{ adapter: one.adapter, keys: ['k1', 'k2'] }]), [{ ...done, tried }])
    assert.deepEqual(one.asked, ['k1', 'k2'])
  }
})

test('a provider that says "again at once" for ever is not hammered', async () => {
  const one = scripted([failed('rate_limit', 0)])
  assert.equal((await play([one])).at(-1)?.type, 'failed')
  assert.ok(one.asked.length <= 5, `${one.asked.length} attempts`)
})

test('when a rung is spent the next answers, and says so', async () => {
  const events = await play([scripted([failed('overloaded')]), scripted([text('hi'), done])])
  const tried = Array(3).fill('p/0: overloaded, overloaded')
  assert.deepEqual(events, [text('hi'), { ...done, tried, instead: 'p/1' }])
})

test('what no other model would mend ends the ladder', async () => {
  const second = scripted([done])
  assert.deepEqual(await play([scripted([failed('overflow')]), second]), [failed('overflow')])
  assert.equal(second.asked.length, 0)
})

test('a stream that falls silent counts as dead', async () => {
  const hangs: Adapter = async function* (_request, _endpoint, signal) {
    await new Promise(resolve => signal.addEventListener('abort', resolve))
    yield { type: 'failed', kind: 'aborted', message: 'stopped' }
  }
  const [event] = await play([{ adapter: hangs }, scripted([done])], { idleMs: 5 })
  assert.equal(event?.type, 'done')
})

test('a stop ends it at once, with no further attempt', async () => {
  const stop = new AbortController()
  const one: Adapter = async function* () {
    stop.abort()
    yield failed('network', 5_000)
  }
  const events = await play([{ adapter: one }], { signal: stop.signal })
  assert.deepEqual(
    events.map(event => event.type === 'failed' && event.kind),
    ['aborted'],
  )
})

test('a key rests until its time; past nine tenths of its limit others come first', () => {
  const ring = keyRing(['a', 'b', 'c'])
  ring.used('a', 0.95, 100)
  assert.deepEqual(ring.usable(0), ['b', 'c', 'a'])
  const refusal = failureOf(429, 'slow down')
  ring.rest('b', 50, refusal)
  assert.deepEqual(ring.usable(0), ['c', 'a'])
  assert.equal(ring.nextAt(0), 50)
  ring.worked('b')
  assert.deepEqual(ring.usable(100), ['c', 'a', 'b'])
  assert.deepEqual(keyRing([]).usable(0), [undefined])
})

test('a status says what may be done about it', () => {
  const kinds = [400, 401, 403, 413, 429, 500, 529, undefined].map(status => {
    const failure = failureOf(status, 'x')
    return failure.kind
  })
  assert.deepEqual(kinds, [
    'rejected',
    'auth',
    'auth',
    'overflow',
    'rate_limit',
    'overloaded',
    'overloaded',
    'network',
  ])
  assert.equal(failureOf(400, 'prompt is too long: 210000 tokens').kind, 'overflow')
  assert.equal(failureOf(429, 'x', new Headers({ 'retry-after': '2' })).retryAfterMs, 2_000)
})

test('arguments that are no JSON object are kept apart, and each call has an id of its own', () => {
  assert.deepEqual(parseInput(''), { input: {} })
  assert.deepEqual(parseInput('{"a":1}'), { input: { a: 1 } })
  for (const json of ['[1]', 'null', '{"a":', 'word']) assert.ok(parseInput(json).malformed?.endsWith(json))
  const seen = new Set<string>()
  assert.deepEqual(
    ['x', 'x', '', ''].map(id => uniqueId(id, seen)),
    ['x', 'x_2', 'call', 'call_2'],
  )
})

test('a request refused for its files is asked again with fewer, and they are not offered again', async () => {
  const image = (data: string) => ({ type: 'image', mime: 'image/png', data, name: data }) as const
  const asked: string[] = []
  const adapter: Adapter = async function* (request) {
    const shown = request.messages.flatMap(({ blocks }) =>
      blocks.flatMap(block => (block.type === 'image' ? [block.data] : [])),
    )
    asked.push(shown.join())
    if (shown.includes('bad')) yield failed('rejected')
    else yield done
  }
  const stream = alone(adapter)
  const play = async (...messages: readonly string[]) => {
    asked.length = 0
    const blocks = messages.map(data => ({ role: 'user', blocks: [image(data)] }) as const)
    // Who reads a stream stops at its end, and asks for no more.
    for await (const event of stream({ ...request, messages: blocks }, new AbortController().signal))
      if (event.type === 'done' || event.type === 'failed') return [event.type, ...asked]
    return []
  }
  assert.deepEqual(await play('old', 'bad'), ['done', 'old,bad', 'old'])
  assert.deepEqual(await play('old', 'bad', 'new'), ['done', 'old,new'])
  assert.deepEqual(await play('other'), ['done', 'other'])
})

test('a request whose thinking is refused is asked again without it', async () => {
  const asked: string[][] = []
  const adapter: Adapter = async function* ({ messages }) {
    const types = messages.flatMap(({ blocks }) => blocks.map(({ type }) => type))
    asked.push(types)
    if (types.includes('thinking'))
      yield {
        type: 'failed',
        kind: 'rejected',
        message: 'messages.1: Invalid `signature` in `thinking` block',
      }
    else yield done
  }
  const stream = alone(adapter)
  const blocks = [
    { type: 'thinking', text: 'Hm.', signature: 's' },
    { type: 'tool_call', id: 'a', name: 'todo', input: {} },
  ] as const
  const messages = [{ role: 'assistant', blocks }] as const
  const events = await Array.fromAsync(stream({ ...request, messages }, new AbortController().signal))
  assert.deepEqual(
    events.map(({ type }) => type),
    ['done'],
  )
  assert.deepEqual(asked, [['thinking', 'tool_call'], ['tool_call']])
})

test('a request that is refused without regard to its files ends as refused', async () => {
  const one = scripted([failed('rejected')])
  assert.deepEqual(await play([one]), [failed('rejected')])
  assert.equal(one.asked.length, 1)
})

test('a key that has rested is tried by one request alone, and is everybody’s once it works', async () => {
  const ring = keyRing(['a', 'b'])
  const refusal = failureOf(429, 'slow down')
  ring.rest('a', 50, refusal)
  assert.deepEqual(ring.usable(60), ['a', 'b'], 'it comes first, to be tried')
  {
    using _ = ring.hold('a')
    assert.deepEqual(ring.usable(60), ['b'])
    using other = ring.hold('b')
    assert.ok(other, 'one that was never refused is for everybody')
    assert.deepEqual(ring.usable(60), ['b'])
  }
  assert.equal(ring.verdict(), null)
  assert.deepEqual(ring.usable(60), ['a', 'b'], 'a trial without a verdict leaves it as it was')
  using _ = ring.hold('a')
  const verdict = ring.verdict()
  ring.rest('a', 90, refusal)
  await verdict
  assert.deepEqual([ring.usable(80), ring.usable(100)], [['b'], ['a', 'b']])
  using _again = ring.hold('a')
  ring.worked('a')
  assert.deepEqual(ring.usable(100), ['b', 'a'])
})

/** Requests side by side over one ring; the provider answers each when the test says so. */
function sideBySide(keys: readonly string[], fallback?: Adapter) {
  const open: { key: string | undefined; answer: (...events: ModelEvent[]) => void }[] = []
  const adapter: Adapter = async function* (_request, { key }) {
    yield* await new Promise<readonly ModelEvent[]>(resolve =>
      open.push({ key, answer: (...events) => resolve(events) }),
    )
  }
  const clock = { now: 0 }
  const rungs: readonly [Adapter, KeyRing][] = [
    [adapter, keyRing(keys)],
    ...(fallback ? [[fallback, keyRing([])] as [Adapter, KeyRing]] : []),
  ]
  const stream = ladder({
    rungs: async () =>
      rungs.map(([own, ring], index) => ({
        name: `p/${index}`,
        model: `m${index}`,
        adapter: own,
        keys: ring,
        facts: factsOf('x/y'),
        endpoint: { baseUrl: undefined, headers: {} },
      })),
    idleMs: 60_000,
    now: () => clock.now,
  })
  const ask = () => Array.fromAsync(stream(request, new AbortController().signal))
  const asked = async (count: number) => {
    while (open.length < count) await new Promise(setImmediate)
    return open
  }
  return { ask, asked, clock }
}

test('after its rest one request tries a key while the others use the next, and return with it', async () => {
  const { ask, asked, clock } = sideBySide(['a', 'b'])
  const first = ask()
  ;(await asked(1))[0]!.answer(failed('rate_limit', 60_000))
  ;(await asked(2))[1]!.answer(done)
  await first
  clock.now = 60_000
  const three = [ask(), ask(), ask()]
  const open = await asked(5)
  assert.deepEqual(
    open.slice(2).map(({ key }) => key),
    ['a', 'b', 'b'],
  )
  for (const { answer } of open.slice(2)) answer(done)
  await Promise.all(three)
  const after = [ask(), ask()]
  assert.deepEqual(
    (await asked(7)).slice(5).map(({ key }) => key),
    ['b', 'b'],
  )
  for (const { answer } of open.slice(5)) answer(done)
  await Promise.all(after)
})

test('where there is one key the others wait for what becomes of it', async () => {
  const { ask, asked, clock } = sideBySide(['a'])
  const first = ask()
  ;(await asked(1))[0]!.answer(failed('rate_limit', 60_000))
  assert.equal((await first).at(-1)?.type, 'failed')
  clock.now = 60_000
  const two = [ask(), ask()]
  await asked(2)
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  assert.equal((await asked(2)).length, 2, 'only one request is out')
  ;(await asked(2))[1]!.answer(text('hi'), done)
  ;(await asked(3))[2]!.answer(done)
  assert.deepEqual(
    (await Promise.all(two)).map(events => events.at(-1)?.type),
    ['done', 'done'],
  )
})

test('where there is a fallback the others go there meanwhile', async () => {
  const fallback: Adapter = async function* () {
    yield done
  }
  const { ask, asked, clock } = sideBySide(['a'], fallback)
  const first = ask()
  ;(await asked(1))[0]!.answer(failed('rate_limit', 60_000))
  const refused = ['p/0: rate_limit, rate_limit']
  assert.deepEqual(await first, [{ ...done, tried: refused, instead: 'p/1' }])
  clock.now = 60_000
  const trial = ask()
  await asked(2)
  const resting = ['p/0: resting, rate_limit']
  assert.deepEqual(await ask(), [{ ...done, tried: resting, instead: 'p/1' }])
  ;(await asked(2))[1]!.answer(done)
  assert.deepEqual(await trial, [done])
})
