// The memory tools: what each level may do with them, and what the ledger learns.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import type { Clearance } from '../../src/access/clearance.ts'
import { openMemoryHand } from '../../src/desk/memory.ts'
import type { Disclosed } from '../../src/store/disclosure.ts'
import type { Origin } from '../../src/store/entry.ts'
import type { Hands } from '../../src/tools/hands.ts'
import { memorySearch, memoryWrite } from '../../src/tools/memory.ts'
import type { Tool, ToolResult } from '../../src/tools/tool.ts'
import { direct, type Home, type Name, openHome, people } from '../memory/people.ts'

interface Bench {
  readonly given: Disclosed[]
  readonly hands: (call: string) => Hands
  readonly use: (tool: Tool, input: unknown, call?: string) => Promise<ToolResult>
}

function sitDown(home: Home, name: Name, clearance: Clearance = direct(name), origin?: Origin): Bench {
  const given: Disclosed[] = []
  let calls = 0
  const hands = (call: string): Hands => ({
    call: { id: call, now: Date.now(), timezone: 'UTC' },
    todo: { read: () => ({ items: [], origin: 'agent' }), write: () => undefined },
    messages: null,
    files: null,
    box: null,
    web: null,
    mcp: null,
    schedule: null,
    subagents: null,
    config: null,
    people: null,
    self: {
      status: () => '',
      logs: () => '',
      trace: () => '',
      help: () => '',
      name: () => '',
      introduced: () => '',
    },
    skills: { any: false, list: () => [], read: () => undefined },
    memory: openMemoryHand({
      view: home.memory.open(clearance),
      asking: () => ({
        name: people[name].name,
        origin: origin ?? (people[name].level as Origin),
        key: call,
      }),
      disclose: rows => void given.push(...rows),
      forget: (what, sources) => home.memory.open(clearance).forget({ ...what, sources }),
    }),
  })
  return {
    given,
    hands,
    use: async (tool, input, call = `call-${name}-${++calls}`) =>
      await tool.run(tool.input.parse(input), hands(call), AbortSignal.timeout(5_000)),
  }
}
const idIn = (text: string) => /([0-9a-f]{8})[\].]/.exec(text)![1]!

test('a person teaches, asks, corrects, pins, promotes and forgets', async () => {
  using home = openHome()
  const { use } = sitDown(home, 'alice')
  const taught = await use(memoryWrite, { text: 'Ida lives in Porto', people: ['Ida'] })
  assert.match(taught.text, /^Remembered in private as [0-9a-f]{8}\.$/)
  assert.match(
    (await use(memorySearch, { query: 'Where does Ida live?' })).text,
    /Alice: Ida lives in Porto \[/,
  )
  const corrected = await use(memoryWrite, { text: 'Ida lives in Lisbon', replaces: idIn(taught.text) })
  assert.match(
    (await use(memorySearch, { action: 'get', ids: [idIn(taught.text)] })).text,
    /no longer so[\s\S]*Ida lives in Porto/,
  )
  await use(memoryWrite, { action: 'pin', id: idIn(corrected.text) })
  const moved = await use(memoryWrite, { action: 'promote', id: idIn(corrected.text), store: 'shared' })
  assert.match(moved.text, /Moved in shared/)
  assert.match((await use(memorySearch, { action: 'people' })).text, /- Ida: 1 memories/)
  assert.match((await use(memorySearch, { action: 'timeline', from: '2020-01-01' })).text, /Lisbon/)
  await use(memoryWrite, { action: 'alias', text: 'Idi', person: 'Ida', store: 'shared' })
  assert.match((await use(memoryWrite, { action: 'forget', query: 'Lisbon' })).text, /^1 forgotten/)
  assert.equal((await use(memorySearch, { query: 'Lisbon' })).text, 'Nothing found.')
})

test('the same call again writes the same row', async () => {
  using home = openHome()
  const { use } = sitDown(home, 'alice')
  const first = await use(memoryWrite, { text: 'Ida lives in Porto' }, 'call-x')
  assert.deepEqual(await use(memoryWrite, { text: 'Ida lives in Porto' }, 'call-x'), first)
})

test('what the tool showed is noted for the ledger', async () => {
  using home = openHome()
  const { use, given } = sitDown(home, 'alice')
  await use(memoryWrite, { text: 'Ida lives in Porto', store: 'social' })
  await use(memorySearch, { query: 'Porto' })
  assert.deepEqual(
    given.map(row => [row.kind, row.labels]),
    [['memory', ['social']]],
  )
})

test('a familiar person looks but does not change, a public one has neither tool', () => {
  using home = openHome()
  const carol = sitDown(home, 'carol').hands('1')
  const mallory = sitDown(home, 'mallory').hands('1')
  assert.deepEqual([memorySearch.available(carol), memoryWrite.available(carol)], [true, false])
  assert.deepEqual([memorySearch.available(mallory), memoryWrite.available(mallory)], [false, false])
  assert.deepEqual([memorySearch.level, memoryWrite.level], ['familiar', 'inner'])
})

test('a store that is not open reads as empty, and a lower level cannot write upward', async () => {
  using home = openHome()
  await sitDown(home, 'alice').use(memoryWrite, { text: 'The heron is private' })
  const bob = sitDown(home, 'bob')
  assert.equal((await bob.use(memorySearch, { query: 'heron', store: 'private' })).text, 'Nothing found.')
  assert.equal((await bob.use(memorySearch, { query: 'heron', store: 'nowhere' })).text, 'Nothing found.')
  await assert.rejects(bob.use(memoryWrite, { text: 'no', store: 'private' }), { code: 'not_permitted' })
})

test('text from outside comes back marked as such', async () => {
  using home = openHome()
  const web = sitDown(home, 'alice', direct('alice'), 'outside')
  await web.use(memoryWrite, { text: 'The page says herons are blue', store: 'social' })
  const found = await sitDown(home, 'alice').use(memorySearch, { query: 'herons' })
  assert.equal(found.origin, 'outside')
  assert.match(found.text, /Alice wrote: “The page says/)
})

test('changing waits for a person while outside text is in the prompt, forgetting by words always', () => {
  const traits = (input: unknown) => memoryWrite.traits(memoryWrite.input.parse(input))
  assert.deepEqual(traits({ text: 'x' }), { effect: 'own', reach: 'standing' })
  assert.match(traits({ action: 'forget', query: 'heron' }).ask!, /Forget everything that says “heron”/)
  assert.equal(memorySearch.traits(memorySearch.input.parse({ query: 'x' })).effect, 'read')
})

test('both tools together stay small in the request', () => {
  const size = [memorySearch, memoryWrite]
    .map(
      ({ name, description, input }) =>
        JSON.stringify({ name, description, schema: z.toJSONSchema(input, { io: 'input' }) }).length,
    )
    .reduce((sum, length) => sum + length, 0)
  assert.ok(size / 4 < 900, `${Math.round(size / 4)} tokens`)
})

test('an incomplete call says what it needs', async () => {
  using home = openHome()
  const { use } = sitDown(home, 'alice')
  for (const [tool, input] of [
    [memorySearch, {}],
    [memorySearch, { action: 'get' }],
    [memoryWrite, {}],
    [memoryWrite, { action: 'forget' }],
    [memoryWrite, { action: 'promote', id: 'x' }],
  ] as const) {
    const { isError, text } = await use(tool, input)
    assert.equal(isError, true)
    assert.match(text, /^This needs/)
  }
})
