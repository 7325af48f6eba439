// What a model is given of a tool’s schema.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { leanSchema } from '../../src/agent/lean-schema.ts'
import { tools } from '../../src/tools/tools.ts'

test('leanSchema keeps what a model needs to call, and leaves out what a call is checked against anyway', () => {
  const schema = z.object({
    text: z.string().max(400).describe('what to say'),
    maxLength: z.int().optional(),
    kind: z.enum(['a', 'b']).default('a'),
    limit: z.int().min(1).max(50).optional(),
    list: z.array(z.object({ name: z.string().max(5) })).max(3),
  })
  assert.deepEqual(leanSchema(z.toJSONSchema(schema, { io: 'input' })), {
    type: 'object',
    properties: {
      text: { description: 'what to say', type: 'string' },
      maxLength: { type: 'integer' },
      kind: { default: 'a', type: 'string', enum: ['a', 'b'] },
      limit: { type: 'integer', minimum: 1, maximum: 50 },
      list: {
        type: 'array',
        items: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
      },
    },
    required: ['text', 'list'],
  })
})

test('every tool is told with its arguments, none of them paid for in limits', () => {
  for (const tool of tools) {
    const schema = leanSchema(z.toJSONSchema(tool.input, { io: 'input' }))
    assert.equal(schema.type, 'object', tool.name)
    assert.doesNotMatch(JSON.stringify(schema), /"maxLength":\d|"maxItems":\d|9007199254740991/)
  }
})
