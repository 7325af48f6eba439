// A message comes in over a channel, a reply goes out: the real gateway between loopback platforms.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { newest, say, use, wordsIn } from '../support/fake-anthropic.ts'
import { openLiveClient } from '../support/live-client.ts'
import { alice, bob, openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'

test('a message over Telegram is answered in its chat, and confirmed only after it was stored', async () => {
  await using stage = await openStage()
  stage.telegram.write(alice, 'good morning')
  const sent = await stage.reply(alice.id)
  assert.equal(sent.text, 'heard: good morning')
  await until('the update is confirmed', () => stage.telegram.pending().length === 0)
  assert.equal(stage.model.requests.length, 1)
})

test('the terminal and Telegram are one conversation, and each reply goes to where its message came from', async () => {
  await using stage = await openStage()
  using terminal = await openLiveClient(stage.home)
  assert.equal(await terminal.ask('first, from the terminal'), 'heard: first, from the terminal')
  stage.telegram.write(alice, 'second, from Telegram')
  await stage.reply(alice.id)
  assert.deepEqual(wordsIn(stage.model.requests[1]!.body), [
    'first, from the terminal',
    'second, from Telegram',
  ])
  assert.equal(stage.telegram.sent(alice.id).length, 1)
  await until('the terminal sees it too', () => terminal.said().includes('heard: second, from Telegram'))
})

test('messages that arrive in the middle of a turn join it at its next step, and one reply answers them all', async () => {
  await using stage = await openStage()
  const joined = Promise.withResolvers<void>()
  const { otherwise } = stage.model
  stage.model.otherwise = async request => {
    if (request !== stage.model.requests[0]) return otherwise(request)
    await joined.promise
    return use('todo', { items: [{ text: 'think' }] })
  }
  stage.telegram.write(bob, 'one')
  await until('the model is asked', () => stage.model.requests.length === 1)
  stage.telegram.write(bob, 'two')
  stage.telegram.write(bob, 'three')
  await until('all are confirmed', () => stage.telegram.pending().length === 0)
  joined.resolve()
  const sent = await stage.reply(bob.id)
  assert.equal(sent.text, 'heard: three')
  assert.deepEqual(wordsIn(stage.model.requests[1]!.body), ['one', 'two', 'three'])
  await sleep(300)
  assert.equal(stage.model.requests.length, 2)
  assert.equal(stage.telegram.sent(bob.id).length, 1)
})

test('messages that arrive too late to join become the next turn by themselves', async () => {
  await using stage = await openStage()
  stage.model.next(say('slow answer', { delayMs: 400 }))
  stage.telegram.write(bob, 'one')
  await until('the model is asked', () => stage.model.requests.length === 1)
  stage.telegram.write(bob, 'two')
  await stage.reply(bob.id, 2)
  assert.deepEqual(
    stage.telegram.sent(bob.id).map(sent => sent.text),
    ['slow answer', 'heard: two'],
  )
})

test('/stop ends a running turn at once, says so, and the next message is answered', async () => {
  await using stage = await openStage()
  stage.model.next({ kind: 'hang' })
  stage.telegram.write(bob, 'never answered')
  await until('the model is asked', () => stage.model.requests.length === 1)
  stage.telegram.write(bob, '/stop')
  await stage.reply(bob.id, 2)
  assert.deepEqual(
    stage.telegram
      .sent(bob.id)
      .map(sent => sent.text)
      .sort(),
    ['Stopped.', 'Stopping.'],
  )
  stage.telegram.write(bob, 'and now?')
  assert.equal((await stage.reply(bob.id, 3)).text, 'heard: and now?')
})

test('typing is shown while the model thinks and ends with the reply', async () => {
  await using stage = await openStage()
  stage.model.next(say('done', { delayMs: 700 }))
  stage.telegram.write(bob, 'think')
  await stage.reply(bob.id)
  const count = () => stage.telegram.calls.filter(call => call.method === 'sendChatAction').length
  assert.equal(count(), 1)
})

test('a long reply is split to the channel’s limit, in order, with code fences closed and opened again', async () => {
  await using stage = await openStage()
  const code = Array.from(
    { length: 300 },
    (_, line) => `const line${line} = ${line} // some code to fill the line`,
  )
  stage.model.next(say(`Here:\n\n\`\`\`ts\n${code.join('\n')}\n\`\`\`\nDone.`))
  stage.telegram.write(bob, 'code please')
  await until('the last part', () => stage.telegram.sent(bob.id).some(sent => sent.text.endsWith('Done.')))
  const parts = stage.telegram.sent(bob.id).map(sent => sent.text)
  assert.ok(parts.length > 3)
  for (const part of parts) {
    assert.ok(part.length <= 4096)
    assert.equal((part.match(/^```/gm) ?? []).length % 2, 0)
  }
  assert.deepEqual(
    parts.join('\n').match(/line\d+ =/g),
    code.map((_, line) => `line${line} =`),
  )
})

test('several clients on one session see the same stream, and a late one is told what it missed', async () => {
  await using stage = await openStage()
  using first = await openLiveClient(stage.home)
  using second = await openLiveClient(stage.home)
  stage.model.next(say('a streamed answer of some words', { paceMs: 5 }))
  await first.ask('hello')
  await until('the other client has it', () => second.said().includes('a streamed answer of some words'))
  const streamed = second.events.flatMap(event => (event.type === 'text' ? [event.delta] : [])).join('')
  assert.equal(streamed, 'a streamed answer of some words')
  using late = await openLiveClient(stage.home, { after: 0 })
  await until('the replay', () => late.events.some(event => event.type === 'turn_ended'))
  assert.deepEqual(
    late.events.map(event => event.type),
    ['user', 'message', 'turn_ended'],
  )
})

test('a tool call of the model is run and its result given back', async () => {
  await using stage = await openStage()
  using terminal = await openLiveClient(stage.home)
  stage.model.next(use('todo', { items: [{ text: 'buy milk' }] }))
  stage.model.otherwise = request =>
    say(`result: ${JSON.stringify(request.body.messages.at(-1)!.content.map(block => block.content))}`)
  assert.match(await terminal.ask('remember the milk'), /\[ \] buy milk/)
  assert.equal(newest(stage.model.requests[1]!.body), 'remember the milk')
})
