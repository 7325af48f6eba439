// The Messages API as the adapter speaks it: nothing of it reaches the terminal.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anthropic } from '../../../src/agent/models/anthropic.ts'
import { bodyOf } from '../../../src/agent/models/anthropic-request.ts'
import { openFakeAnthropic, say } from '../../support/fake-anthropic.ts'

test('a model that its maker retires answers, and nothing is written over the screen about it', async t => {
  const warned = t.mock.method(console, 'warn', () => {})
  await using model = await openFakeAnthropic()
  model.otherwise = () => say('Here I am.')
  const request = {
    model: 'claude-sonnet-4-5',
    tools: [],
    system: { stable: 'brief', session: '' },
    messages: [{ role: 'user' as const, blocks: [{ type: 'text' as const, text: 'hello' }] }],
    maxTokens: 100,
  }
  const endpoint = { key: 'sk-ant-api03-a-key-of-a-test', baseUrl: model.url, headers: {} }
  const kinds: string[] = []
  for await (const event of anthropic()(request, endpoint, AbortSignal.timeout(10_000), () => {}))
    kinds.push(event.type)
  assert.equal(kinds.at(-1), 'done')
  assert.equal(warned.mock.callCount(), 0)
})

test('calls that another model named its own way go back under names that this API takes', () => {
  const id = 'functions.todo:0'
  const { messages } = JSON.parse(
    String(
      bodyOf({
        model: 'claude-opus-4-6',
        tools: [],
        system: { stable: 'Be kind.', session: '' },
        messages: [
          { role: 'assistant', blocks: [{ type: 'tool_call', id, name: 'to do', input: {} }] },
          {
            role: 'user',
            blocks: [{ type: 'tool_result', callId: id, name: '', text: 'x', isError: false }],
          },
        ],
        maxTokens: 1,
        keepLong: false,
      }),
    ),
  )
  const [call, result] = messages.map(({ content }: { content: object[] }) => content[0])
  assert.deepEqual([call.id, call.name], ['functions_todo_0', 'to_do'])
  assert.equal(result.tool_use_id, call.id)
})
