// Secrets leave no trace, by their shape and by their value.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { redactor } from '../../src/trace/redact.ts'

test('keys of known shapes are taken out wherever they stand', () => {
  const redact = redactor([])
  for (const secret of [
    'sk-ant-api03-abcdefghijklmnop',
    '123456789:AAabcdefghijklmnopqrstuvwxyz0123456',
    'ghp_abcdefghijklmnop',
    'AKIAABCDEFGHIJKLMNOP',
    'Bearer abcdefghijklmnop',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdef',
    '-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----',
  ]) {
    const clean = redact(`{"a":"${secret}"}`)
    assert.equal(clean, '{"a":"[redacted]"}')
  }
})

test('a configured secret never comes through, whatever is around it', () => {
  const secret = fc.string({ unit: 'grapheme-ascii', minLength: 6, maxLength: 30 })
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
      fc.pre(!'[redacted]'.includes(value))
      assert.ok(
        !redactor([value])(`${before}${value}${after}`).includes(value) || (before + after).includes(value),
      )
    }),
  )
})

test('of two secrets, one inside the other, both are gone', () => {
  assert.equal(redactor(['secret', 'secret-and-more'])('secret-and-more secret'), '[redacted] [redacted]')
})

test('ordinary text stays as it is', () => {
  const text = 'At 12:30 the task-list of Alice; call +351 123 456 789.'
  assert.equal(redactor(['short'])(text), text)
})
