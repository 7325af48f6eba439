// A long conversation stays within its limits, and loses no promise. Two thousand turns of it: npm run bench -- long.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { talkFor } from '../support/long-conversation.ts'

test('through compactions, restarts, /undo and /new every request stays small and every promise is known', async () => {
  const talk = await talkFor(150, 2_000)
  assert.ok(talk.summaries >= 5, `${talk.summaries} times something was summed up`)
  assert.equal(talk.told, talk.summaries, 'the person is told each time')
  assert.ok(talk.restarts >= 5)
  assert.ok(talk.planted >= 8 && talk.undone >= 3, `${talk.planted} promises, ${talk.undone} taken back`)
  assert.deepEqual(talk.lost, [])
  assert.deepEqual(talk.haunting, [])
  assert.ok(talk.largest < 50_000, `the largest request had ${talk.largest} tokens`)
  assert.equal(talk.kept, talk.said, 'the transcript is whole')
})
