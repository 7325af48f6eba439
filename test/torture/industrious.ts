// A model that does what it is asked by one call a wish, and says so once all have ended.
import type { Chance } from '../outside/chance.ts'
import { type Answer, type FakeCall, say, type WireRequest } from '../support/fake-anthropic.ts'

/** Decided by the request alone but for its pace: a repeated request gets the same. */
export function industrious(body: WireRequest, chance: Chance): Answer {
  const delayMs = chance.next() * 150
  if (!body.tools?.length)
    return say(JSON.stringify(body).includes('JSON array') ? '[]' : 'Facts: none.', { delayMs })
  const { wishes, called, task } = unanswered(body)
  if (task) return say(`the work of ${task} is done`, { delayMs: delayMs * 4 })
  const calls = [...wishes]
    .filter(([word]) => !called.includes(word))
    .map(([word, kind]) => callFor(kind, word))
  if (calls.length > 0) return say('', { calls, delayMs })
  return say(`did ${[...wishes.keys()].join(' ')}`, { delayMs, paceMs: chance.is(0.2) ? 15 : 0 })
}

function callFor(kind: string, word: string): FakeCall {
  const value = Number(word.slice(1, -1))
  switch (kind) {
    case 'keep':
      return { name: 'memory_write', input: { action: 'write', text: `fact ${word}`, store: 'shared' } }
    case 'remind':
      return {
        name: 'schedule',
        input: { action: 'create', kind: 'reminder', name: word, text: `reminder ${word}`, when: '+3s' },
      }
    case 'help':
      return { name: 'subagent', input: { action: 'spawn', task: `the errand ${word}` } }
    default:
      return {
        name: 'config',
        input: {
          action: 'patch',
          why: `for ${word}`,
          changes: [{ key: 'memory.prompt_index.limit', value: 1 + (value % 40) }],
        },
      }
  }
}

/** What people asked for since the last answer, and what was called for it. */
function unanswered({ messages }: WireRequest) {
  const wishes = new Map<string, string>()
  let called = ''
  let task = ''
  for (const { role, content } of messages) {
    if (role === 'assistant') {
      if (content.some(block => block.type === 'tool_use')) called += JSON.stringify(content)
      else {
        wishes.clear()
        called = ''
      }
      continue
    }
    for (const block of content) {
      // What stands before it belongs to a turn that waits, and that answers it itself.
      if (/^(Waiting for|No result yet)/.test(String(block.content))) {
        wishes.clear()
        called = ''
      }
      const [, kind, word] = /^please (\w+) (w\d+\.)$/.exec(block.text ?? '') ?? []
      if (kind && word) wishes.set(word, kind)
      task = /the errand (w\d+\.)/.exec(block.type === 'text' ? (block.text ?? '') : '')?.[1] ?? task
    }
  }
  return { wishes, called, task }
}
