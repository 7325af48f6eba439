// One at a time in a session, sessions side by side, and the first reason to stop wins.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Lane, openLanes } from '../../src/gateway/lanes.ts'

const tick = () => new Promise(setImmediate)

test('any order of work runs one at a time in a session, in order, and leaves nothing behind', async () => {
  const work = fc.array(
    fc.record({ session: fc.constantFrom('a', 'b', 'c'), ticks: fc.nat(3), fails: fc.boolean() }),
    {
      maxLength: 20,
    },
  )
  await fc.assert(
    fc.asyncProperty(work, async items => {
      const running = new Set<string>()
      const done: number[] = []
      const bugs: unknown[] = []
      const lanes = openLanes<number>(
        async (index, { session }) => {
          assert.ok(!running.has(session))
          running.add(session)
          for (let ticks = items[index]!.ticks; ticks > 0; ticks--) await tick()
          running.delete(session)
          done.push(index)
          if (items[index]!.fails) throw new Error(String(index))
        },
        error => bugs.push(error),
      )
      for (const [index, { session }] of items.entries()) lanes.push(session, index)
      while (lanes.running().length > 0) await tick()
      for (const session of ['a', 'b', 'c']) {
        const own = done.filter(index => items[index]!.session === session)
        assert.deepEqual(
          own,
          own.toSorted((one, other) => one - other),
        )
        assert.equal(lanes.waiting(session), 0)
      }
      assert.equal(done.length, items.length)
      assert.equal(bugs.length, items.filter(item => item.fails).length)
    }),
    { numRuns: 50 },
  )
})

test('sessions run side by side', async () => {
  const gate = Promise.withResolvers<void>()
  const lanes = openLanes<string>(
    () => gate.promise,
    () => {},
  )
  lanes.push('a', 'x')
  lanes.push('b', 'y')
  assert.deepEqual(lanes.running(), ['a', 'b'])
  gate.resolve()
  await lanes.close(AbortSignal.timeout(1_000))
})

test('stop aborts what runs with its reason, once, and says whether anything ran', async () => {
  let lane: Lane<string> | undefined
  const gate = Promise.withResolvers<void>()
  const lanes = openLanes<string>(
    async (_, own) => {
      lane = own
      await gate.promise
    },
    () => {},
  )
  assert.equal(lanes.stop('a', 'stopped'), false)
  lanes.push('a', 'x')
  await tick()
  assert.equal(lanes.stop('a', 'revoked'), true)
  lanes.stop('a', 'stopped')
  assert.equal(lane?.signal.reason, 'revoked')
  gate.resolve()
})

test('what waits is taken from its head only as long as it fits', async () => {
  const taken: number[][] = []
  const gate = Promise.withResolvers<void>()
  const lanes = openLanes<number>(
    async (item, lane) => {
      await gate.promise
      taken.push([item, ...lane.takeWhile(next => next < 10)])
    },
    () => {},
  )
  for (const item of [1, 2, 3, 10, 4]) lanes.push('a', item)
  gate.resolve()
  while (lanes.running().length > 0) await tick()
  assert.deepEqual(taken, [
    [1, 2, 3],
    [10, 4],
  ])
})

test('closing starts nothing more and stops what runs only at the deadline', async () => {
  const reasons: unknown[] = []
  const began: string[] = []
  const lanes = openLanes<string>(
    async (item, { signal }) => {
      began.push(item)
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      reasons.push(signal.reason)
    },
    () => {},
  )
  lanes.push('a', 'one')
  lanes.push('a', 'two')
  const deadline = new AbortController()
  const closed = lanes.close(deadline.signal)
  await tick()
  assert.deepEqual(reasons, [])
  deadline.abort()
  await closed
  assert.deepEqual([began, reasons], [['one'], ['shutdown']])
})
