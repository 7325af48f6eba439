// Secrets in a text are found and taken out; talk of secrets is not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holdsSecret, withoutSecrets } from '../../src/memory/secrets.ts'

test('keys, passwords and card numbers are found', () => {
  for (const secret of [
    'my key is sk-abcdefghijklmnopqrstuvwx',
    'the password is hunter2hunter',
    'Passwort: Tr0ub4dor',
    'PIN: 4711',
    'card 4111 1111 1111 1111 expires soon',
    'AKIAIOSFODNN7EXAMPLE',
    'pwd=correcthorse',
  ]) {
    assert.ok(holdsSecret(secret), secret)
  }
})

test('ordinary sentences about secrets and numbers are left alone', () => {
  for (const text of [
    'I forgot my password again.',
    'The password is wrong, she said.',
    'Call me at +351 912 345 678',
    'The order number is 1234567890123',
    'My api key is in the safe',
  ]) {
    assert.equal(withoutSecrets(text), text)
  }
})

test('only the secret is taken out', () => {
  assert.equal(
    withoutSecrets('The wifi password is swordfish9, tell Bob'),
    'The wifi password is [redacted] tell Bob',
  )
})
