// What a model is shown of a conversation, and that it stays the same from turn to turn.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { leftOut, messagesOf } from '../../src/agent/history.ts'
import { sizeOf, windowStart } from '../../src/agent/window.ts'
import type { Block, Entry, NewEntry } from '../../src/store/entry.ts'
import { openFamily } from '../trust/family.ts'
import { messageFrom } from '../trust/house.ts'

let ids = 0
const entry = (
  turn: string,
  role: NewEntry['role'],
  blocks: readonly Block[],
  more: Partial<Entry> = {},
): Entry => ({
  id: ++ids,
  session: 's',
  epoch: 0,
  turn,
  role,
  blocks,
  author: role === 'user' ? 'alice' : null,
  labels: [],
  origin: 'agent',
  at: 0,
  ...more,
})
const text = (words: string): Block => ({ type: 'text', text: words })
const nobody = () => null

/** A turn as it is stored: what was asked, calls with their results, the answer. */
function turnOf(id: string, calls: readonly { answered: boolean; outside: boolean }[]): Entry[] {
  const steps = calls.flatMap(({ answered, outside }, index): Entry[] => {
    const callId = `c${index}`
    const result: Block = {
      type: 'tool_result',
      callId,
      name: 'look',
      text: `found ${id}${index}`,
      isError: false,
    }
    return [
      entry(id, 'assistant', [{ type: 'tool_call', id: callId, name: 'look', input: {} }]),
      entry(id, 'tool', answered ? [result] : [], {
        callId,
        state: answered ? 'done' : 'planned',
        origin: outside ? 'outside' : 'agent',
      }),
    ]
  })
  return [entry(id, 'user', [text(`ask ${id}`)]), ...steps, entry(id, 'assistant', [text(`answer ${id}`)])]
}

const call = fc.record({ answered: fc.boolean(), outside: fc.boolean() })
const turns = fc.array(fc.array(call, { maxLength: 3 }), { minLength: 1, maxLength: 6 })

test('messages alternate, begin with a person, and every call is answered right after it', () => {
  fc.assert(
    fc.property(turns, fc.nat(20), (calls, from) => {
      const entries = calls.flatMap((own, index) => turnOf(`t${index}`, own)).slice(from)
      const messages = messagesOf(entries, 't0', nobody)
      for (const [index, message] of messages.entries()) {
        assert.equal(message.role, index % 2 === 0 ? 'user' : 'assistant')
        const asked = message.blocks.flatMap(block => (block.type === 'tool_call' ? [block.id] : []))
        if (message.role !== 'assistant' || asked.length === 0) continue
        const next = messages[index + 1]!.blocks.flatMap(block =>
          block.type === 'tool_result' ? [block.callId] : [],
        )
        assert.deepEqual(next, asked)
      }
    }),
  )
})

test('the last two messages of people carry the breakpoints, and no other', () => {
  fc.assert(
    fc.property(turns, calls => {
      const messages = messagesOf(
        calls.flatMap((own, index) =>
          turnOf(
            `t${index}`,
            own.map(one => ({ ...one, outside: false })),
          ),
        ),
        't0',
        nobody,
      )
      const users = messages.filter(message => message.role === 'user')
      assert.deepEqual(
        users.map(message => message.breakpoint ?? false),
        users.map((_, index) => index >= users.length - 2),
      )
    }),
  )
})

test('what an earlier turn read outside is left out; the turn that reads it sees it', () => {
  const entries = [
    ...turnOf('t0', [{ answered: true, outside: true }]),
    entry('t1', 'user', [text('and now?')]),
  ]
  assert.ok(JSON.stringify(messagesOf(entries, 't0', nobody)).includes('found t00'))
  const later = JSON.stringify(messagesOf(entries, 't1', nobody))
  assert.ok(!later.includes('found t00') && later.includes(leftOut))
})

test('each request marks where the one before it ended, or where that one is still the same', () => {
  const thought: Block = { type: 'thinking', text: 'Hm.', signature: 's' }
  const step = fc.record({ answered: fc.constant(true), outside: fc.boolean(), thinks: fc.boolean() })
  const talk = fc.array(fc.array(step, { maxLength: 4 }), { minLength: 2, maxLength: 5 })
  fc.assert(
    fc.property(talk, plan => {
      const entries: Entry[] = []
      const requests: ReturnType<typeof messagesOf>[] = []
      for (const [index, steps] of plan.entries()) {
        const turn = `t${index}`
        const [asked, ...rest] = turnOf(turn, steps)
        entries.push(asked!)
        requests.push(messagesOf(entries, turn, nobody))
        for (const one of rest) {
          const thinks = one.role === 'assistant' && steps.some(({ thinks }) => thinks)
          entries.push(thinks ? { ...one, blocks: [thought, ...one.blocks] } : one)
          if (one.role === 'tool') requests.push(messagesOf(entries, turn, nobody))
        }
      }
      const bytes = (messages: ReturnType<typeof messagesOf>, to: number) =>
        JSON.stringify(messages.slice(0, to + 1).map(({ role, blocks }) => ({ role, blocks })))
      for (const [index, request] of requests.slice(1).entries()) {
        const marked = (messages: typeof request) =>
          messages.flatMap(({ breakpoint }, at) => (breakpoint ? [at] : []))
        const kept = requests.slice(0, index + 1).flatMap(one => marked(one).map(at => bytes(one, at)))
        const same = kept.filter(one => marked(request).some(at => bytes(request, at) === one))
        const longest = kept
          .filter(one => bytes(request, request.length).startsWith(one.slice(0, -1)))
          .sort((a, b) => b.length - a.length)[0]
        assert.ok(longest !== undefined && same.includes(longest), `request ${index + 2}`)
      }
    }),
  )
})

test('thinking goes back within its turn, and not after it', () => {
  const thought = { type: 'thinking', text: 'Hm.', signature: 's' } as const
  const entries = [
    entry('t0', 'user', [text('hello')]),
    entry('t0', 'assistant', [thought, text('hi')]),
    entry('t1', 'user', [text('and now?')]),
    entry('t1', 'assistant', [thought, text('Let me see.')]),
  ]
  const shown = (turn: string) => messagesOf(entries, turn, nobody).map(({ blocks }) => blocks)
  assert.deepEqual(shown('t1'), [
    [text('hello')],
    [text('hi')],
    [text('and now?')],
    [thought, text('Let me see.')],
  ])
  assert.ok(!JSON.stringify(shown('t2')).includes('Hm.'))
})

test('an author is named where there are several, and not where there is one', () => {
  const entries = [
    entry('t0', 'heard', [text('hello')], { author: 'alice' }),
    entry('t0', 'user', [text('hi')], { author: '~Mallory' }),
  ]
  const named = messagesOf(entries, 't0', author => author)
  assert.deepEqual(named[0]!.blocks, [text('alice: hello'), text('~Mallory: hi')])
})

test('a window begins with somebody’s message and keeps about what it should', () => {
  fc.assert(
    fc.property(turns, fc.integer({ min: 1, max: 400 }), (calls, keep) => {
      const entries = calls.flatMap((own, index) => turnOf(`t${index}`, own))
      const from = windowStart(entries, keep)
      if (from === null) return
      const kept = entries.filter(one => one.id >= from)
      assert.equal(kept[0]!.role, 'user')
      const lastTurn = sizeOf(entries.filter(one => one.turn === entries.at(-1)!.turn))
      assert.ok(sizeOf(kept) <= Math.max(keep, lastTurn))
    }),
  )
})

test('from turn to turn a request begins with the bytes of the one before', async () => {
  await using home = openFamily({ say: () => `It is ${Math.random()}.` })
  for (let turn = 0; turn < 5; turn++) {
    home.tele.push(messageFrom('tele', 't-alice', `message ${turn}`))
    await home.settled()
  }
  const { requests } = home.model
  const bytes = requests.map(({ tools, system, messages }) =>
    JSON.stringify([
      tools,
      system.stable,
      system.session,
      ...messages.map(({ breakpoint: _, ...message }) => message),
    ]),
  )
  for (const [index, before] of bytes.slice(0, -1).entries())
    assert.ok(bytes[index + 1]!.startsWith(before.slice(0, -1)), `request ${index + 2}`)
})

test('a restart changes no byte of the prefix', async () => {
  await using home = openFamily()
  home.tele.push(messageFrom('tele', 't-alice', 'one'))
  await home.settled()
  await home.restart()
  home.tele.push(messageFrom('tele', 't-alice', 'two'))
  await home.settled()
  const [before, after] = home.model.requests
  assert.deepEqual([after!.tools, after!.system], [before!.tools, before!.system])
  assert.deepEqual(after!.messages[0]!.blocks, before!.messages[0]!.blocks)
})
