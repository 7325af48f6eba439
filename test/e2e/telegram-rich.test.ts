// What people do on Telegram beside typing, through the running gateway.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Message, Update } from 'grammy/types'
import { newest, say, use } from '../support/fake-anthropic.ts'
import { openLoopback, sendJson } from '../support/loopback.ts'
import { alice, bob, mallory, openStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'

type NewUpdate = Omit<Update, 'update_id'>

const user = ({ id, name }: { id: number; name: string }) => ({ id, is_bot: false, first_name: name })

/** Presses the button whose label fits, under the newest message with buttons in a chat. */
async function press(stage: Stage, who: { id: number; name: string }, label: RegExp): Promise<void> {
  const found = await until(
    'a button',
    () =>
      stage.telegram
        .sent(who.id)
        .toReversed()
        .flatMap(sent => {
          const markup = sent.body.reply_markup as
            | { inline_keyboard: { text: string; callback_data: string }[][] }
            | undefined
          const button = markup?.inline_keyboard.flat().find(each => label.test(each.text))
          return button ? [{ sent, button }] : []
        })[0],
  )
  stage.telegram.push({
    callback_query: {
      id: '4242',
      from: user(who),
      chat_instance: '1',
      data: found.button.callback_data,
      message: {
        message_id: found.sent.messageId,
        date: 1,
        chat: { id: who.id, type: 'private', first_name: who.name },
      },
    },
  } as unknown as NewUpdate)
}

function react(stage: Stage, who: { id: number; name: string }, message: number, emoji: string): void {
  stage.telegram.push({
    message_reaction: {
      chat: { id: who.id, type: 'private', first_name: who.name },
      message_id: message,
      user: user(who),
      date: Math.floor(Date.now() / 1000),
      old_reaction: [],
      new_reaction: [{ type: 'emoji', emoji }],
    },
  } as unknown as NewUpdate)
}

test('a long reply is shown as it grows in one message, which ends as the exact reply', async () => {
  await using stage = await openStage()
  const words = Array.from({ length: 60 }, (_, n) => `word${n}`).join(' ')
  stage.model.next(say(`**Well.** ${words}`, { paceMs: 60 }))
  stage.telegram.write(bob, 'tell me more')
  const first = await stage.reply(bob.id)
  assert.match(first.text, /…$/)
  await until('the whole reply', () => first.text === `Well. ${words}`)
  await sleep(300)
  assert.equal(stage.telegram.sent(bob.id).length, 1)
  const edits = stage.telegram.calls.filter(call => call.method === 'editMessageText')
  assert.ok(edits.length >= 2)
  for (const [index, edit] of edits.slice(1, -1).entries()) assert.ok(edit.at - edits[index]!.at > 1_000)
})

test('a crash in the middle of a draft leaves one message, which the resumed turn completes', async () => {
  await using stage = await openStage()
  stage.model.next(
    say('a sentence that grows slowly and breaks off in its very middle', { paceMs: 40, breaks: 'hang' }),
  )
  stage.telegram.write(bob, 'go on')
  await stage.reply(bob.id)
  await sleep(100)
  await stage.gateway.kill()
  await stage.start()
  await until('the reply', () => stage.telegram.sent(bob.id)[0]?.text === 'heard: go on')
  assert.equal(stage.telegram.sent(bob.id).length, 1)
})

test('a question waits under buttons; pressing one answers it, and a reaction does too', async () => {
  await using stage = await openStage()
  stage.model.next(use('message', { to: 'Bob', text: 'Dinner at eight.' }))
  stage.telegram.write(alice, 'tell Bob')
  await press(stage, alice, /^Yes$/)
  assert.match((await stage.reply(bob.id)).text, /Dinner at eight\./)
  await until('the press is acknowledged', () =>
    stage.telegram.calls.some(call => call.method === 'answerCallbackQuery'),
  )
  stage.model.next(use('message', { to: 'Bob', text: 'No, at nine.' }))
  const before = stage.telegram.sent(alice.id).length
  stage.telegram.write(alice, 'correct that')
  const question = await until('the question', () =>
    stage.telegram
      .sent(alice.id)
      .slice(before)
      .find(sent => sent.text.includes('/approve')),
  )
  react(stage, alice, question.messageId, '👎')
  await until('the refusal', () => stage.telegram.sent(alice.id).some(sent => sent.text === 'Denied.'))
  assert.equal(stage.telegram.sent(bob.id).length, 1)
})

test('a reaction that answers nothing is a note that the next turn reads', async () => {
  await using stage = await openStage()
  stage.telegram.write(bob, 'first')
  const reply = await stage.reply(bob.id)
  react(stage, bob, reply.messageId, '❤')
  await sleep(100)
  stage.telegram.write(bob, 'second')
  await stage.reply(bob.id, 2)
  assert.match(JSON.stringify(stage.model.requests[1]!.body), /reacted with ❤ to: “heard: first”/)
})

test('the agent puts a sign under the message that it answers', async () => {
  await using stage = await openStage()
  stage.model.next(use('react', { emoji: '👍' }), say('Noted.'))
  const message = stage.telegram.write(bob, 'I fed the cat')
  await stage.reply(bob.id)
  const reaction = stage.telegram.calls.find(call => call.method === 'setMessageReaction')
  assert.deepEqual(reaction?.body, {
    chat_id: String(bob.id),
    message_id: message.message_id,
    reaction: [{ type: 'emoji', emoji: '👍' }],
  })
})

test('a message edited before it is answered is answered as it reads then', async () => {
  await using stage = await openStage()
  stage.model.next(say('slow', { delayMs: 700 }))
  stage.telegram.write(bob, 'one')
  await until('the model is asked', () => stage.model.requests.length === 1)
  const message = stage.telegram.write(bob, 'meet at seven')
  stage.telegram.push({
    edited_message: { ...message, text: 'meet at eight', edit_date: message.date + 1 } as Message & {
      edit_date: number
    },
  } as NewUpdate)
  await stage.reply(bob.id, 2)
  assert.equal(newest(stage.model.requests[1]!.body), 'meet at eight')
  await sleep(200)
  assert.equal(stage.model.requests.length, 2)
})

test('photos of one album reach the model together, and voice is told as words', async () => {
  await using speech = await openLoopback(async (request, response) => {
    for await (const _ of request);
    sendJson(response, 200, { text: 'call me back' })
  })
  await using stage = await openStage({ toml: `[transcription]\nbase_url = "${speech.url}"\n` })
  const png = new Uint8Array(Buffer.from('iVBORw0KGgo=', 'base64'))
  for (const n of [1, 2]) {
    stage.telegram.files.set(`photo${n}`, png)
    const photo = [
      { file_id: `photo${n}`, file_unique_id: `p${n}`, width: 1, height: 1, file_size: png.length },
    ]
    stage.telegram.write(bob, '', {
      extra: { photo, media_group_id: 'trip', ...(n === 1 ? { caption: 'look' } : {}) },
    })
  }
  await stage.reply(bob.id)
  const content = stage.model.requests[0]!.body.messages.at(-1)!.content
  assert.equal(content.filter(block => block.type === 'image').length, 2)
  stage.telegram.files.set('voice1', new Uint8Array([1, 2, 3]))
  stage.telegram.write(bob, '', {
    extra: { voice: { file_id: 'voice1', file_unique_id: 'v', duration: 2, mime_type: 'audio/ogg' } },
  })
  await stage.reply(bob.id, 2)
  assert.match(JSON.stringify(stage.model.requests[1]!.body), /which says:\] call me back/)
})

test('voice without an endpoint for it is said plainly, and what cannot be had is named', async () => {
  await using stage = await openStage()
  stage.telegram.write(bob, '', { extra: { voice: { file_id: 'gone', file_unique_id: 'v', duration: 2 } } })
  await stage.reply(bob.id)
  assert.match(
    JSON.stringify(stage.model.requests[0]!.body),
    /cannot listen to: no \[transcription\] is configured/,
  )
  stage.telegram.write(bob, 'see', {
    extra: { document: { file_id: 'none', file_unique_id: 'd', file_name: 'a.pdf' } },
  })
  await stage.reply(bob.id, 2)
  assert.match(JSON.stringify(stage.model.requests[1]!.body), /file a\.pdf, which could not be had/)
})

test('the owner lets a stranger in by a button, but never under the name of somebody known', async () => {
  await using stage = await openStage()
  stage.telegram.write(mallory, 'hello?')
  await press(stage, alice, /^Let in, familiar$/)
  await until('the change', () =>
    stage.telegram.sent(alice.id).some(sent => /Mallory is known now, as familiar/.test(sent.text)),
  )
  stage.telegram.write({ id: 7777, name: 'Bob' }, 'it is me')
  const asked = await until('the second question', () =>
    stage.telegram.sent(alice.id).find(sent => /^Bob wrote to me/.test(sent.text)),
  )
  const labels = JSON.stringify(asked.body.reply_markup)
  assert.match(labels, /Leave out/)
  assert.doesNotMatch(labels, /Let in/)
})

test('each person is shown the commands that their level opens', async () => {
  await using stage = await openStage()
  const menus = () => stage.telegram.calls.filter(call => call.method === 'setMyCommands')
  await until('all menus', () => menus().length >= 4)
  const of = (chat: number) =>
    JSON.stringify(menus().find(call => JSON.stringify(call.body).includes(`"chat_id":${chat}`))?.body)
  assert.match(of(alice.id), /"status"/)
  assert.doesNotMatch(of(1003), /"status"/)
  assert.match(of(1003), /"help"/)
})
