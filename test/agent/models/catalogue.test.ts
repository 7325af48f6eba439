// What is known of models: prices, caches, and what each can look at.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noUsage } from '../../../src/agent/model.ts'
import { factsOf, priceOf } from '../../../src/agent/models/catalogue.ts'
import { fitted } from '../../../src/agent/models/fitted.ts'

test('the longest beginning of a name decides, with or without a provider before it', () => {
  assert.equal(factsOf('anthropic/claude-opus-4-6-20260205').price?.input, 5)
  assert.equal(factsOf('claude-opus-4-1').price?.input, 15)
  assert.equal(factsOf('router/openai/gpt-4o-mini').price?.input, 0.15)
  assert.equal(factsOf('anthropic/claude-sonnet-4-6').smallestPrefix, 2_048)
})

test('nothing is known of a stranger’s price or cache, and some are known to be blind', () => {
  const facts = factsOf('local/some-model')
  assert.deepEqual([facts.price, facts.smallestPrefix, facts.images], [null, 0, true])
  assert.equal(priceOf('local/some-model', { ...noUsage, input: 1e6 }), 0)
  for (const blind of [
    'deepseek-chat',
    'mistral-large',
    'qwen3:8b',
    'llama3.1:8b',
    'gpt-oss:20b',
    'offline/coop',
  ])
    assert.equal(factsOf(blind).images, false, blind)
  for (const seeing of ['qwen2.5-vl', 'llama3.2-vision', 'llama-4-scout', 'gpt-5', 'claude-haiku-4-5'])
    assert.equal(factsOf(seeing).images, true, seeing)
})

test('a newer model than those that are known has no price rather than that of an older one', () => {
  for (const unlisted of ['gpt-5.9', 'gpt-6', 'gpt-4.1x', 'gemini-3.9-pro', 'gpt-5turbo'])
    assert.equal(factsOf(unlisted).price, null, unlisted)
  assert.equal(factsOf('gpt-5-2025-08-07').price?.input, 1.25)
  assert.equal(factsOf('gpt-5.4-mini').price?.input, 0.75)
})

test('what is kept for an hour costs twice the input, what is kept for minutes a quarter more', () => {
  const million = { ...noUsage, cacheWrite: 1e6 }
  assert.equal(priceOf('claude-haiku-4-5', million), 1.25)
  assert.equal(priceOf('claude-haiku-4-5', { ...million, cacheLong: 1e6 }), 2)
  assert.equal(priceOf('gpt-4o', { ...noUsage, cacheRead: 1e6 }), 1.25)
})

test('who is blind gets an image by its name; who is not gets it as it is', () => {
  const image = { type: 'image', mime: 'image/png', data: 'AAAA', name: 'cat.png' } as const
  const text = { type: 'text', text: '[attached: image cat.png, kept as inbox/cat.png]' } as const
  const request = {
    model: 'x/y',
    tools: [],
    system: { stable: '', session: '' },
    messages: [{ role: 'user', blocks: [image, text] }],
    maxTokens: 100_000,
  } as const
  const seen = fitted(request, { model: 'gpt-4o', facts: factsOf('gpt-4o') })
  assert.deepEqual([seen.model, seen.maxTokens, seen.messages], ['gpt-4o', 16_384, request.messages])
  const unseen = fitted(request, { model: 'deepseek-chat', facts: factsOf('deepseek-chat') })
  assert.deepEqual(
    unseen.messages[0]!.blocks.map(block => block.type),
    ['text', 'text'],
  )
  assert.match(
    JSON.stringify(unseen.messages),
    /file cat\.png cannot be shown to this model.*kept as inbox\/cat\.png/,
  )
})

test('a PDF is shown to who reads it, text to everybody', () => {
  const pdf = { type: 'document', mime: 'application/pdf', data: 'AAAA', name: 'rent.pdf', pages: 1 } as const
  const text = { type: 'document', mime: 'text/plain', data: 'milk', name: 'list.txt', pages: 1 } as const
  const shown = (model: string) =>
    fitted(
      {
        model: 'x/y',
        tools: [],
        system: { stable: '', session: '' },
        messages: [{ role: 'user', blocks: [pdf, text] }],
        maxTokens: 1,
      },
      { model, facts: factsOf(model) },
    ).messages[0]!.blocks.map(block => block.type)
  for (const reader of ['claude-opus-4-6', 'claude-3-haiku', 'gpt-4o', 'gpt-5.4-mini'])
    assert.deepEqual(shown(reader), ['document', 'document'], reader)
  const long = { ...pdf, pages: 60 }
  const ofLong = (model: string) =>
    JSON.stringify(
      fitted(
        {
          model: 'x/y',
          tools: [],
          system: { stable: '', session: '' },
          messages: [{ role: 'user', blocks: [long] }],
          maxTokens: 1,
        },
        { model, facts: factsOf(model) },
      ).messages,
    )
  assert.match(ofLong('claude-opus-4-6'), /"type":"document"/)
  assert.match(ofLong('claude-haiku-4-5'), /rent\.pdf is too long for this model/)
  for (const other of ['gemini-2.5-pro', 'some-model', 'gpt-oss:20b'])
    assert.deepEqual(shown(other), ['text', 'document'], other)
})
