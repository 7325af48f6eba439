// The offline model uses each tool when asked plainly, and only those that are there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waitingResult } from '../../../src/agent/history.ts'
import type { ModelRequest } from '../../../src/agent/model.ts'
import { offline } from '../../../src/agent/models/offline.ts'
import { replyTo } from '../../../src/agent/models/offline-replies.ts'
import { tools as allTools } from '../../../src/tools/tools.ts'

const asking = (names: readonly string[]): ModelRequest => ({
  model: 'coop',
  system: { stable: '', session: '' },
  tools: names.map(name => ({ name, description: '', schema: {} })),
  messages: [],
  maxTokens: 1_000,
})

const reminder = (when: string, text: string) => ({ action: 'create', kind: 'reminder', when, text })
const letIn = (name: string, trust: string, match: string) => ({
  action: 'patch',
  changes: [{ key: 'users', value: [{ name, trust, match: [match] }] }],
  why: `${name} is to be let in`,
})

const plain: readonly (readonly [text: string, tool: string, input: object])[] = [
  ['run ls -la', 'bash', { command: 'ls -la' }],
  ['$ wc -l notes.md', 'bash', { command: 'wc -l notes.md' }],
  ['read notes.md', 'read_file', { path: 'notes.md' }],
  ['show me shared/list.md?', 'read_file', { path: 'shared/list.md' }],
  ['write “buy milk” to notes.md', 'write_file', { path: 'notes.md', content: 'buy milk\n' }],
  [
    'replace "milk" with "oat milk" in list.md',
    'edit_file',
    { path: 'list.md', edits: [{ old: 'milk', new: 'oat milk' }] },
  ],
  ['search my files for (milk)', 'grep', { pattern: String.raw`\(milk\)`, ignore_case: true }],
  ['find *.md', 'glob', { pattern: '*.md' }],
  ['list my files', 'glob', { pattern: '**' }],
  ['fetch https://example.org/a', 'web_fetch', { url: 'https://example.org/a' }],
  ['search the web for tide times', 'web_search', { query: 'tide times' }],
  ['send me notes.md', 'send_file', { path: 'notes.md' }],
  ['todo: milk; bread', 'todo', { items: [{ text: 'milk' }, { text: 'bread' }] }],
  ['use the skill packing', 'skill', { name: 'packing' }],
  ['have a helper count to three', 'subagent', { action: 'spawn', task: 'count to three' }],
  ['remember that Bob likes tea', 'memory_write', { text: 'Bob likes tea' }],
  ['what do you know about Bob?', 'memory_search', { query: 'Bob' }],
  ['tell Bob that dinner is ready', 'message', { to: 'Bob', text: 'dinner is ready' }],
  [
    'make a file called list.txt with milk and bread',
    'write_file',
    { path: 'list.txt', content: 'milk and bread\n' },
  ],
  ['what is scheduled?', 'schedule', { action: 'list' }],
  ['What reminders do I have?', 'schedule', { action: 'list' }],
  ['remind me tomorrow at 8 to feed the cat', 'schedule', reminder('tomorrow at 8', 'feed the cat')],
  ['Could you remind me to call Carol on Friday?', 'schedule', reminder('on Friday', 'call Carol')],
  ['remind me about the vet next tuesday at 10:30', 'schedule', reminder('next tuesday at 10:30', 'the vet')],
  ['remind me every weekday at 7:30 to stretch', 'schedule', reminder('every weekday at 7.30', 'stretch')],
  [
    'remind me to water 3 plants every monday at 8',
    'schedule',
    reminder('every monday at 8', 'water 3 plants'),
  ],
  [
    'every weekday at 7 in Lisbon time, tell me what is on today',
    'schedule',
    {
      ...reminder('every weekday at 7', 'tell me what is on today'),
      kind: 'task',
      timezone: 'Europe/Lisbon',
    },
  ],
  [
    'every monday, wednesday and friday at 6.30am: swim',
    'schedule',
    { ...reminder('every monday, wednesday and friday at 6.30am', 'swim'), kind: 'task' },
  ],
  ['add my sister Bob, telegram:222, inner', 'config', letIn('Bob', 'inner', 'telegram:222')],
  ['add Bob as familiar telegram:222', 'config', letIn('Bob', 'familiar', 'telegram:222')],
  ['call yourself Juno', 'coop', { action: 'name', find: 'Juno' }],
  ['Your name is now Ada.', 'coop', { action: 'name', find: 'Ada' }],
  ['who is known?', 'people', { action: 'list' }],
  ['what does agent.model do?', 'config', { action: 'explain', key: 'agent.model' }],
  ['why didn’t you reply?', 'coop', { action: 'status' }],
]

for (const [text, tool, input] of plain) {
  test(`“${text}” is ${tool}`, () => {
    const all = allTools.map(({ name }) => name)
    assert.deepEqual(
      replyTo(text, asking(all)).calls.map(({ name, input }) => [name, input]),
      [[tool, input]],
    )
    const without = replyTo(text, asking(all.filter(name => name !== tool)))
    assert.ok(without.calls.every(({ name }) => name !== tool))
  })
}

test('a wish without a time, or with one that is understood in part, is asked again and sets nothing', () => {
  for (const text of ['remind me to buy milk', 'remind me on the 1st at 9 to pay', 'every day I am happy']) {
    const said = replyTo(text, asking(['schedule']))
    assert.deepEqual([said.calls, /^Say when and what/.test(said.text)], [[], true], text)
  }
})

test('a message without end is no sentence of anybody’s, and costs nobody their time', () => {
  const all = asking(allTools.map(({ name }) => name))
  const endless = [
    `every${' '.repeat(1_000_000)}x`,
    `remind me ${'at 3 on friday '.repeat(70_000)}`,
    `remind me to ${'every day '.repeat(100_000)}:`,
    `put ${'in a '.repeat(200_000)}`,
    `make a ${'x.y '.repeat(250_000)}`,
    `add ${'x,'.repeat(500_000)}`,
    `change ${'a to b '.repeat(140_000)}`,
    `use todo${' '.repeat(1_000_000)}x`,
  ]
  for (const text of endless) assert.deepEqual(replyTo(text, all).calls, [], text.slice(0, 20))
})

test('every tool that can be asked for without a server or a reaction is among them', () => {
  const asked = new Set(plain.map(([, tool]) => tool))
  const silent = ['react', 'mcp']
  assert.deepEqual(
    allTools.map(({ name }) => name).filter(name => !asked.has(name) && !silent.includes(name)),
    [],
  )
})

test('who writes on while a call waits for a yes is answered, not told again that it waits', async () => {
  const said = async (...texts: string[]) => {
    const blocks = [
      {
        type: 'tool_result',
        callId: 'a',
        name: 'memory_write',
        text: waitingResult,
        isError: false,
      } as const,
      ...texts.map(text => ({ type: 'text', text }) as const),
    ]
    const request: ModelRequest = { ...asking(['memory_search']), messages: [{ role: 'user', blocks }] }
    const endpoint = { key: undefined, baseUrl: undefined, headers: {} }
    const { signal } = new AbortController()
    for await (const event of offline()(request, endpoint, signal, () => {}))
      if (event.type === 'done') return event.blocks
    return assert.fail('it did not end')
  }
  assert.deepEqual(await said(), [{ type: 'text', text: waitingResult }])
  const [call] = await said('what is the boat called?')
  assert.equal(call?.type === 'tool_call' ? call.name : call, 'memory_search')
})
