// The outbox goes out: in order within a place, again after a retry, never past a seal.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { clear, reissue } from '../../src/access/clear.ts'
import type { Place, SendResult } from '../../src/channel.ts'
import { inLanes, partsOf } from '../../src/delivery/parts.ts'
import { seal, sealPlain } from '../../src/delivery/seal.ts'
import { openSender } from '../../src/delivery/sender.ts'
import { silentLog } from '../../src/log.ts'
import { migrationsFolder } from '../../src/package.ts'
import { openStore } from '../../src/store/store.ts'
import { openTracer } from '../../src/trace/trace.ts'
import { householdOf, person } from '../access/make.ts'
import { fakeChannel } from '../trust/house.ts'

const alice = person('alice', 'full')
const nobodyElse = { kind: 'list', ids: [] } as const
const direct = (id: string): Place => ({ channel: 'tele', kind: 'direct', id })

function office(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'coop-'))
  const store = openStore(join(folder, 'coop.db'), migrationsFolder('coop'))
  t.after(() => {
    store[Symbol.dispose]()
    rmSync(folder, { recursive: true, force: true })
  })
  const channel = fakeChannel('tele')
  const undelivered: string[] = []
  let household = householdOf([alice])
  let flushed = () => {}
  let writable = () => {}
  let awake = () => performance.now()
  const { markSent } = store.outbox
  const open = () =>
    openSender({
      outbox: {
        ...store.outbox,
        markSent: Object.assign((...args: Parameters<typeof markSent>) => {
          writable()
          markSent(...args)
        }, markSent),
      },
      async durable() {
        await store.durable()
        flushed()
      },
      channel: () => channel,
      reissue: async grant => reissue(grant, nobodyElse, household),
      undelivered: (_, reason) => undelivered.push(reason),
      delivered: () => {},
      log: silentLog(),
      tracer: openTracer(undefined, text => text, false),
      now: Date.now,
      awake: () => awake(),
    })
  const sender = open()
  return {
    store,
    channel,
    undelivered,
    sender,
    open,
    lower: () => {
      household = householdOf([person('alice', 'familiar')])
    },
    put(text: string, key: string, id = 't-alice', plain = false) {
      const place = direct(id)
      const clearance = clear({ kind: 'person', person: alice }, place, nobodyElse, household)
      const sealed = plain ? sealPlain(text, clearance) : seal(text, clearance)
      const parts = partsOf(sealed, { place, clearance, channel }, { key, turn: null, trace: 't' })!
      sender.take(inLanes(parts, sender.idle).flatMap(part => store.outbox.add(part, Date.now()) ?? []))
    },
    /** Called before it is written that a part is out. */
    onWritten(listener: () => void) {
      writable = listener
    },
    /** What the sender takes for the time that it was awake. */
    awakeFor(ms: () => number) {
      awake = ms
    },
    /** Called whenever the disk has taken what was committed. */
    onFlushed(listener: () => void) {
      flushed = listener
    },
    async empty() {
      while (store.outbox.open().length > 0) await new Promise(resolve => setTimeout(resolve, 2))
    },
  }
}

test('parts to one place go out in order, even if the first has to be tried again', async t => {
  const { channel, put, empty } = office(t)
  const results: SendResult[] = [
    { kind: 'retry', reason: '429', afterMs: 5 },
    { kind: 'retry', reason: 'network', afterMs: 0 },
  ]
  channel.answer = () => results.shift() ?? { kind: 'sent' }
  for (const text of ['one', 'two', 'three']) put(text, text)
  await empty()
  assert.deepEqual(
    channel.sent.map(one => one.text),
    ['one', 'two', 'three'],
  )
})

test('the key of a part is the same at every attempt', async t => {
  const { channel, put, empty } = office(t)
  const keys: string[] = []
  channel.answer = outbound => {
    keys.push(outbound.key)
    return keys.length < 3 ? { kind: 'retry', reason: 'x', afterMs: 0 } : { kind: 'sent' }
  }
  put('text', 'k')
  await empty()
  assert.deepEqual(keys, ['k:0', 'k:0', 'k:0'])
})

test('one place that is stuck does not hold another', async t => {
  const { channel, put, sender, store } = office(t)
  channel.answer = ({ place }) =>
    place.id === 'stuck' ? { kind: 'retry', reason: 'x', afterMs: 60_000 } : { kind: 'sent' }
  put('never', 'a', 'stuck', true)
  put('now', 'b', 't-alice')
  while (channel.sent.length === 0) await new Promise(setImmediate)
  await sender.close(AbortSignal.abort())
  assert.deepEqual(store.outbox.counts(), { queued: 1, sent: 1, repeated: 0 })
})

test('the end waits for the platform’s word on what is on its way, and not for what was put off', async t => {
  const { channel, put, sender, store } = office(t)
  const { promise: word, resolve: say } = Promise.withResolvers<SendResult>()
  const begun = new Set<string>()
  channel.answer = ({ place }) => {
    begun.add(place.id)
    if (place.id === 't-alice') return word
    return { kind: 'retry', reason: 'the network is away' }
  }
  put('later', 'a', 'stuck', true)
  put('now', 'b')
  while (begun.size < 2) await new Promise(setImmediate)
  const never = new AbortController().signal
  let closed = false
  const end = sender.close(never).then(() => {
    closed = true
  })
  while (sender.idle(direct('stuck')) === false) await new Promise(setImmediate)
  assert.equal(closed, false)
  say({ kind: 'sent' })
  await end
  assert.deepEqual(store.outbox.counts(), { queued: 1, sent: 1, repeated: 0 })
})

test('what the platform refuses for good is told, and the next part goes out', async t => {
  const { channel, put, empty, undelivered } = office(t)
  channel.answer = ({ text }) => (text === 'bad' ? { kind: 'refused', reason: 'blocked' } : { kind: 'sent' })
  put('bad', 'a')
  put('good', 'b')
  await empty()
  assert.deepEqual([undelivered, channel.sent.map(one => one.text)], [['blocked'], ['good']])
})

test('a part is tried for a day before its failure is told, however the clock is set meanwhile', async t => {
  const { channel, put, empty, undelivered, awakeFor } = office(t)
  const hourMs = 3_600_000
  let awake = 0
  let attempts = 0
  awakeFor(() => awake)
  channel.answer = () => {
    awake += 7 * hourMs
    attempts++
    return { kind: 'retry', reason: 'away', afterMs: 0 }
  }
  put('hello', 'a')
  await empty()
  assert.deepEqual([attempts, undelivered], [5, ['away']])
})

test('what the platform has is not sent again while the disk is too full to say so', async t => {
  const { channel, put, empty, onWritten, store } = office(t)
  let refusals = 2
  onWritten(() => {
    if (refusals-- > 0) throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' })
  })
  put('hello', 'a')
  put('again', 'b')
  await empty()
  assert.deepEqual(
    channel.sent.map(one => one.text),
    ['hello', 'again'],
  )
  assert.equal(store.outbox.counts().sent, 2)
})

test('a reader who is lowered while the disk takes the part does not get it', async t => {
  const { channel, put, empty, undelivered, lower, onFlushed } = office(t)
  onFlushed(lower)
  put('secret', 'a')
  await empty()
  assert.deepEqual(channel.sent, [])
  assert.equal(undelivered.length, 1)
})

test('a part whose reader was lowered is refused before the next attempt; what is nobody’s goes out', async t => {
  const { channel, put, empty, undelivered, lower, store } = office(t)
  let first = true
  channel.answer = () => {
    if (!first) return { kind: 'sent' }
    first = false
    lower()
    return { kind: 'retry', reason: 'x', afterMs: 1 }
  }
  put('secret', 'a')
  put('a notice', 'b', 't-alice', true)
  await empty()
  assert.deepEqual(
    channel.sent.map(one => one.text),
    ['a notice'],
  )
  assert.equal(undelivered.length, 1)
  assert.equal(store.outbox.counts().refused, 1)
})

test('after a crash everything unsent goes out once more, and what was in flight is counted', async t => {
  const { channel, put, store, open, empty } = office(t)
  const called = Promise.withResolvers<void>()
  channel.answer = () => {
    called.resolve()
    return new Promise(() => {})
  }
  put('in flight', 'a')
  put('behind it', 'b')
  await called.promise
  channel.answer = () => ({ kind: 'sent' })
  const again = open()
  assert.equal(again.resume(), 1)
  await empty()
  assert.deepEqual(
    channel.sent.map(one => one.text),
    ['in flight', 'behind it'],
  )
  assert.equal(store.outbox.counts().repeated, 1)
})

test('a place whose readers do not cover the seal gets no parts at all', t => {
  const { channel } = office(t)
  const place = direct('t-alice')
  const clearance = clear({ kind: 'person', person: alice }, place, nobodyElse, householdOf([alice]))
  const narrow = clearance.narrow({ reads: ['social'] })
  assert.equal(
    partsOf(
      seal('x', clearance),
      { place, channel, clearance: narrow },
      { key: 'k', turn: null, trace: 't' },
    ),
    null,
  )
})
