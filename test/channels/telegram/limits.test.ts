// Waits that Telegram asked for.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openLimits } from '../../../channels/telegram/limits.ts'
import type { SendResult } from '../../../src/channel.ts'

function open() {
  let at = 0
  const asked: string[] = []
  const pauses: number[] = []
  const limits = openLimits({
    now: () => at,
    pause: async ms => void pauses.push(ms),
  })
  const { signal } = new AbortController()
  const send = (chat: string, result: SendResult = { kind: 'sent' }) =>
    limits.within(
      chat,
      async () => {
        asked.push(chat)
        return result
      },
      signal,
    )
  return { send, asked, pauses, pass: (ms: number) => (at += ms) }
}
const wait = (afterMs: number): SendResult => ({ kind: 'retry', reason: '429', afterMs })

test('a chat that has to wait is not asked again before its time, and others go on', async () => {
  const { send, asked, pass } = open()
  await send('a', wait(3_000))
  pass(1_000)
  const result = await send('a')
  assert.ok(result.kind === 'retry' && result.afterMs === 2_000)
  assert.equal((await send('b')).kind, 'sent')
  pass(2_000)
  assert.equal((await send('a')).kind, 'sent')
  assert.deepEqual(asked, ['a', 'b', 'a'])
})

test('once several chats have to wait, all do, so that hundreds of replies are not hundreds of refusals', async () => {
  const { send, asked, pauses, pass } = open()
  await send('a', wait(3_000))
  await send('b', wait(2_000))
  for (let n = 0; n < 200; n++) assert.equal((await send(`c${n}`)).kind, 'retry')
  assert.equal(asked.length, 2)
  pass(2_000)
  for (const chat of ['c', 'd', 'e']) assert.equal((await send(chat)).kind, 'sent')
  // Then one after the other for a while, and at once again after that.
  assert.deepEqual(pauses, [0, 40, 80])
  pass(120_000)
  await send('f')
  assert.equal(pauses.length, 3)
})

test('what fails without a word of how long holds nobody', async () => {
  const { send } = open()
  await send('a', { kind: 'retry', reason: 'Bad Gateway' })
  assert.equal((await send('a')).kind, 'sent')
})
