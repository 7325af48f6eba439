import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unfounded } from '../../src/agent/claims.ts'
import type { Entry } from '../../src/store/entry.ts'

const result = (name: string, isError = false): Entry => ({
  id: 1,
  session: 's',
  epoch: 0,
  turn: 't',
  role: 'tool',
  author: null,
  labels: [],
  origin: 'agent',
  callId: 'c',
  state: 'done',
  at: 0,
  blocks: [{ type: 'tool_result', callId: 'c', name, text: 'ok', isError }],
})

const lies = [
  'Done! I’ve scheduled a reminder for 7.',
  "I've set a daily reminder for you.",
  'Your reminder has been set for Monday.',
  'I have remembered that you like tea.',
  'I sent the message to Bob.',
  'I just told Bob about dinner.',
  "I've updated your configuration.",
]

for (const text of lies) {
  test(`unfounded objects to “${text}” when no call did it`, () => {
    assert.equal(unfounded(text, []).length, 1)
  })
}

const plain = [
  'I can schedule a reminder if you like.',
  'You told me that you like tea.',
  'I remember that you like tea.',
  'Shall I send it?',
  'The meeting is scheduled for Monday, you said.',
  'I told you yesterday that the shop is closed.',
]

for (const text of plain) {
  test(`unfounded lets “${text}” pass`, () => {
    assert.deepEqual(unfounded(text, []), [])
  })
}

test('unfounded accepts a claim that a successful call of the turn bears out', () => {
  assert.deepEqual(unfounded('I sent the message to Bob.', [result('message')]), [])
})

test('unfounded does not accept a failed call as proof', () => {
  assert.equal(unfounded('I sent the message to Bob.', [result('message', true)]).length, 1)
})

test('unfounded does not accept the call of another kind as proof', () => {
  assert.equal(unfounded('I sent the message to Bob.', [result('todo')]).length, 1)
})
