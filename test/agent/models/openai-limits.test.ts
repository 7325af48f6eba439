// The limits that an OpenAI-like server tells in its headers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOpenaiLimits } from '../../../src/agent/models/openai-limits.ts'

const told = (headers: Record<string, string>) => {
  const heard: number[][] = []
  readOpenaiLimits(new Headers(headers), (share, resetMs) => void heard.push([share, resetMs]))
  return heard
}

test('the fullest limit is told, with the time after which it is reset', () => {
  const headers = {
    'x-ratelimit-limit-requests': '100',
    'x-ratelimit-remaining-requests': '50',
    'x-ratelimit-reset-requests': '12ms',
    'x-ratelimit-limit-tokens': '1000',
    'x-ratelimit-remaining-tokens': '250',
    'x-ratelimit-reset-tokens': '6m0.5s',
  }
  assert.deepEqual(told(headers), [[0.75, 360_500]])
})

test('nothing is told where nothing, or nothing sensible, is said', () => {
  assert.deepEqual(told({}), [])
  assert.deepEqual(told({ 'x-ratelimit-limit-tokens': '0', 'x-ratelimit-remaining-tokens': '0' }), [])
  assert.deepEqual(told({ 'x-ratelimit-limit-tokens': '1000' }), [])
})
