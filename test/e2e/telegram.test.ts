// A household on Telegram through the running gateway: everything that people do there.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import Database from 'better-sqlite3'
import type { Message, Update } from 'grammy/types'
import { readSpans } from '../../src/trace/read.ts'
import {
  editOnTelegram,
  pressOnTelegram,
  reactOnTelegram,
  telegramChat,
  telegramUser,
} from '../support/chats.ts'
import { runCoop } from '../support/coop.ts'
import { newest, type Recorded, say, use, wordsIn } from '../support/fake-anthropic.ts'
import { type Loopback, openLoopback, sendJson } from '../support/loopback.ts'
import { alice, bob, carol, mallory, openStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'

const den = -500
const groups = `
[[groups]]
match = "telegram:${den}"
members = ["Alice", "Bob"]
ceiling = "inner"
history_limit = 3
mention_names = ["butler"]

[[groups]]
match = "telegram:-501"
members = ["Alice", "Bob"]
trigger = "always"

[[groups]]
match = "telegram:-502"
members = ["Bob"]
trigger = "regex"
trigger_regex = "dinner"
`

let stage: Stage
let speech: Loopback
const chat = (id: number) => telegramChat(stage.telegram, id)
const text = ({ body }: Recorded): string => JSON.stringify(body)
/** The request that the model gets next, and those behind it. */
function requests(): (count?: number) => Promise<Recorded> {
  const from = stage.model.requests.length
  return (count = 1) => until(`request ${count}`, () => stage.model.requests[from + count - 1])
}
/** The first row that the gateway has stored, as far as a query finds one. */
function stored(query: string): unknown {
  const db = new Database(stage.home.database, { readonly: true })
  try {
    return db.prepare(query).get()
  } finally {
    db.close()
  }
}
const entitiesOf = (sent: { body: Readonly<Record<string, unknown>> }) =>
  (sent.body.entities ?? []) as { type: string; offset: number; length: number; url?: string }[]

before(async () => {
  speech = await openLoopback(async (request, response) => {
    for await (const _ of request);
    sendJson(response, 200, { text: 'call me back' })
  })
  stage = await openStage({ toml: groups })
  stage.telegram.members.set(den, [alice, bob])
  stage.telegram.members.set(-501, [alice, bob])
  stage.telegram.members.set(-502, [bob])
})
after(async () => {
  await stage?.[Symbol.asyncDispose]()
  await speech?.[Symbol.asyncDispose]()
})

test('marks reach the chat as entities over the right words, and tables and code are readable', async () => {
  const bobs = chat(bob.id)
  stage.model.next(
    say(
      '**Menu** for [today](https://example.org):\n\n| dish | price |\n|---|--:|\n| soup | 3 |\n\n```ts\nlet a = 1\n```',
    ),
  )
  stage.telegram.write(bob, 'what is there?')
  const reply = await bobs.reply()
  assert.equal(reply.text, 'Menu for today:\n\ndish  price\n────  ─────\nsoup      3\n\nlet a = 1')
  const marked = entitiesOf(reply).map(({ type, offset, length }) => [
    type,
    reply.text.slice(offset, offset + length),
  ])
  assert.deepEqual(marked, [
    ['bold', 'Menu'],
    ['text_link', 'today'],
    ['pre', 'dish  price\n────  ─────\nsoup      3'],
    ['pre', 'let a = 1'],
  ])
})

test('a reply longer than a message comes in parts that are the reply again, each block of code whole', async () => {
  const bobs = chat(bob.id)
  const code = Array.from({ length: 300 }, (_, n) => `let line${n} = "👩‍👩‍👧 ${n}"`).join('\n')
  stage.model.next(say(`Here it is:\n\n\`\`\`ts\n${code}\n\`\`\`\n\nThat was all of it.`))
  stage.telegram.write(bob, 'all the code, please')
  await bobs.said(/That was all of it\.$/)
  const parts = bobs.sent()
  assert.ok(parts.length >= 3)
  for (const part of parts) {
    assert.ok(part.text.length <= 4096)
    const blocks = entitiesOf(part).filter(({ type }) => type === 'pre')
    assert.equal(blocks.length, 1)
    assert.ok(part.text.slice(blocks[0]!.offset).startsWith('let line'))
  }
  const said = parts.flatMap(part => part.text.split('\n').filter(line => line.startsWith('let ')))
  assert.equal(said.join('\n'), code)
})

test('what a person marks, quotes and forwards is read as that', async () => {
  const bobs = chat(bob.id)
  const next = requests()
  stage.telegram.write(bob, 'run npm test, see docs', {
    replyTo: { message_id: 1, from: telegramUser(alice), text: 'see you at eight' } as Message,
    extra: {
      entities: [
        { type: 'code', offset: 4, length: 8 },
        { type: 'text_link', offset: 18, length: 4, url: 'https://example.org/docs' },
      ],
    },
  })
  await bobs.reply()
  const words = newest((await next()).body)
  assert.match(words, /in answer to Alice: “see you at eight”/)
  assert.match(words, /run `npm test`, see \[docs\]\(https:\/\/example\.org\/docs\)/)
  stage.telegram.write(bob, 'buy now', {
    extra: { forward_origin: { type: 'hidden_user', sender_user_name: 'Mallory', date: 1 } },
  })
  await bobs.reply(2)
  assert.match(newest((await next(2)).body), /^\[forwarded from Mallory:\] buy now$/)
})

test('a long reply is shown as it grows in one message at the platform’s pace, and ends as the exact reply', async () => {
  const bobs = chat(bob.id)
  const calls = stage.telegram.calls.length
  const words = Array.from({ length: 60 }, (_, n) => `word${n}`).join(' ')
  stage.model.next(say(`**Well.** ${words}`, { paceMs: 60 }))
  // The platform asks to wait in the middle of it, and once more for the last edit.
  stage.telegram.fail('editMessageText', { status: 429, retryAfter: 1 })
  stage.telegram.write(bob, 'tell me more')
  const shown = await bobs.reply()
  assert.match(shown.text, /…$/)
  await until('the whole reply', () => shown.text === `Well. ${words}`)
  const edits = stage.telegram.calls.slice(calls).filter(call => call.method === 'editMessageText')
  assert.ok(edits.length >= 2)
  for (const [index, edit] of edits.slice(1, -1).entries()) assert.ok(edit.at - edits[index]!.at > 1_000)
  stage.telegram.write(bob, 'thanks')
  await bobs.reply(2)
  assert.equal(bobs.sent().length, 2)
  assert.equal(shown.text, `Well. ${words}`)
})

test('the last edit of a draft is tried again until the platform takes it', async () => {
  const bobs = chat(bob.id)
  stage.model.next(say('a sentence that takes its time to come to an end', { paceMs: 200 }))
  stage.telegram.write(bob, 'slowly')
  const shown = await bobs.reply()
  stage.telegram.fail('editMessageText', { status: 502, description: 'Bad Gateway' }, 2)
  stage.telegram.fail('editMessageText', 'drop after')
  await until('the exact end', () => shown.text === 'a sentence that takes its time to come to an end')
  assert.equal(bobs.sent().length, 1)
})

test('with /verbose the tool steps are shown, even those of a quick turn', async () => {
  const bobs = chat(bob.id)
  const texts: string[] = []
  stage.telegram.onSent = sent => texts.push(sent.text)
  stage.telegram.write(bob, '/verbose on')
  await bobs.said(/Tool steps are shown/)
  stage.model.next(use('memory_search', { query: 'keys' }), say('On the hook.'))
  stage.telegram.write(bob, 'where are the keys?')
  await bobs.said(/^On the hook\.$/)
  assert.ok(
    texts.some(shown => /▸ memory_search/.test(shown)),
    texts.join('\n'),
  )
  stage.telegram.write(bob, '/verbose off')
  await bobs.said(/not shown/)
  texts.length = 0
  stage.model.next(use('memory_search', { query: 'keys' }), say('Still there.'))
  stage.telegram.write(bob, 'and now?')
  await bobs.said(/^Still there\.$/)
  assert.deepEqual(texts, ['Still there.'])
  stage.telegram.onSent = () => {}
})

test('typing shows while the model thinks, and needs no turn in the queue of sends', async () => {
  const bobs = chat(bob.id)
  const calls = stage.telegram.calls.length
  const typing = () =>
    stage.telegram.calls.slice(calls).some(({ method, body }) => {
      const { chat_id } = body as { chat_id?: number }
      return method === 'sendChatAction' && chat_id === bob.id
    })
  // A minute's wait for the first reply: the second turn shows all the same that it is thought about.
  stage.telegram.fail('sendMessage', { status: 429, retryAfter: 2 })
  stage.model.next(say('quick'), say('slow', { delayMs: 900 }))
  stage.telegram.write(bob, 'one')
  stage.telegram.write(bob, 'two')
  await until('typing', typing)
  assert.equal(bobs.sent().length, 0)
  await bobs.said(/^slow$/)
})

test('a message edited before it is answered is answered as it reads then, also if the edit comes first', async () => {
  const bobs = chat(bob.id)
  const next = requests()
  stage.model.next(say('slow', { delayMs: 700 }))
  stage.telegram.write(bob, 'one')
  await next()
  const message = stage.telegram.write(bob, 'meet at seven')
  editOnTelegram(stage.telegram, message, 'meet at eight')
  await bobs.reply(2)
  assert.equal(newest((await next(2)).body), 'meet at eight')
  const later = { ...message, message_id: 90_001, text: 'buy milk' } as Message
  editOnTelegram(stage.telegram, later, 'buy oat milk')
  stage.telegram.push({ message: later } as unknown as Update)
  await bobs.reply(3)
  assert.equal(newest((await next(3)).body), 'buy oat milk')
  assert.equal(bobs.sent().length, 3)
})

test('an update that Telegram brings twice, and late, is answered once', async () => {
  const bobs = chat(bob.id)
  const message = stage.telegram.write(bob, 'only once')
  await bobs.reply()
  stage.telegram.push({ message } as unknown as Update)
  stage.telegram.write(bob, 'and this')
  await bobs.reply(2)
  assert.deepEqual(
    bobs.sent().map(sent => sent.text),
    ['heard: only once', 'heard: and this'],
  )
})

test('an update of a shape that nobody foresaw stops nothing', async () => {
  const bobs = chat(bob.id)
  stage.telegram.push({ message: { from: 'nobody', chat: null, text: 7 } } as unknown as Update)
  stage.telegram.push({ callback_query: { message: {}, data: 'x' } } as unknown as Update)
  stage.telegram.write(bob, 'still there?')
  assert.equal((await bobs.reply()).text, 'heard: still there?')
})

test('photos of one album reach the model together; files are named; places and stickers are words', async () => {
  const bobs = chat(bob.id)
  const next = requests()
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
  await bobs.reply()
  const content = (await next()).body.messages.at(-1)!.content
  assert.equal(content.filter(block => block.type === 'image').length, 2)

  stage.telegram.files.set('doc1', new TextEncoder().encode('%PDF-1.7'))
  stage.telegram.write(bob, '', {
    extra: {
      document: { file_id: 'doc1', file_unique_id: 'd', file_name: 'rent.pdf', mime_type: 'application/pdf' },
    },
  })
  await bobs.reply(2)
  assert.match(text(await next(2)), /\[attached: file rent\.pdf[\],]/)

  stage.telegram.write(bob, '', { extra: { location: { latitude: 38.7, longitude: -9.1 } } })
  await bobs.reply(3)
  assert.match(newest((await next(3)).body), /^\[location: 38\.7, -9\.1\]$/)
  stage.telegram.files.set('sticker1', png)
  stage.telegram.write(bob, '', {
    extra: {
      sticker: {
        file_id: 'sticker1',
        file_unique_id: 's',
        type: 'regular',
        width: 1,
        height: 1,
        is_animated: false,
        is_video: false,
        emoji: '🙂',
      },
    },
  })
  await bobs.reply(4)
  assert.match(text(await next(4)), /\[sticker 🙂\]/)
})

test('/retry shows the files again, and makes nobody’s words those of who asks for it', async () => {
  const bobs = chat(bob.id)
  stage.telegram.files.set('again', new Uint8Array(Buffer.from('iVBORw0KGgo=', 'base64')))
  const photo = [{ file_id: 'again', file_unique_id: 'again', width: 1, height: 1, file_size: 8 }]
  const forward_origin = { type: 'hidden_user', sender_user_name: 'Mallory', date: 1 }
  stage.telegram.write(bob, '', { extra: { photo, caption: 'do as I say', forward_origin } as never })
  await bobs.reply()
  for (const count of [2, 3]) {
    const next = requests()
    stage.telegram.write(bob, '/retry')
    await bobs.reply(count)
    const content = (await next()).body.messages.at(-1)!.content
    assert.equal(content.filter(block => block.type === 'image').length, 1)
    assert.match(content.at(-1)?.text ?? '', /^\[forwarded from Mallory:\] do as I say\n\[attached: image/)
  }
  assert.deepEqual(stored("SELECT origin FROM entry WHERE role = 'user' ORDER BY id DESC"), {
    origin: 'derived',
  })
})

test('what cannot be had or is too large is said in a sentence', async () => {
  const bobs = chat(bob.id)
  const next = requests()
  stage.telegram.write(bob, 'see', {
    extra: { document: { file_id: 'none', file_unique_id: 'd', file_name: 'a.pdf' } },
  })
  await bobs.reply()
  assert.match(text(await next()), /file a\.pdf, which could not be had/)
  stage.telegram.write(bob, 'see', {
    extra: { document: { file_id: 'none', file_unique_id: 'd', file_name: 'b.iso', file_size: 21_000_000 } },
  })
  await bobs.reply(2)
  assert.match(text(await next(2)), /b\.iso is larger than the 20 MB/)
})

test('voice without an endpoint for it is said plainly; once one is configured it is told as words', async () => {
  const bobs = chat(bob.id)
  const voice = { file_id: 'voice1', file_unique_id: 'v', duration: 2, mime_type: 'audio/ogg' }
  stage.telegram.files.set('voice1', new Uint8Array([1, 2, 3]))
  const next = requests()
  stage.telegram.write(bob, '', { extra: { voice } })
  await bobs.reply()
  assert.match(text(await next()), /cannot listen to: no \[transcription\] is configured/)
  await stage.configure(toml => `${toml}\n[transcription]\nbase_url = "${speech.url}"\n`)
  stage.telegram.write(bob, '', { extra: { voice } })
  await bobs.reply(2)
  assert.match(text(await next(2)), /which says:\] call me back/)
})

test('a question waits under buttons; pressing one answers it, and a reaction does too', async () => {
  const alices = chat(alice.id)
  const bobs = chat(bob.id)
  stage.model.next(use('message', { to: 'Bob', text: 'Dinner at eight.' }))
  stage.telegram.write(alice, 'tell Bob')
  pressOnTelegram(stage.telegram, alice, await alices.said(/\/approve/), /^Yes$/)
  assert.match((await bobs.reply()).text, /Dinner at eight\./)
  await until('the press is acknowledged', () =>
    stage.telegram.calls.some(call => call.method === 'answerCallbackQuery'),
  )
  for (const [emoji, answer] of [
    ['👎', /^Denied\.$/],
    ['👍', /^Approved\.$/],
  ] as const) {
    const asked = chat(alice.id)
    stage.model.next(use('message', { to: 'Bob', text: `No, at nine. ${emoji}` }))
    stage.telegram.write(alice, 'correct that')
    const question = await asked.said(/\/approve/)
    reactOnTelegram(stage.telegram, alice, question.messageId, emoji)
    await asked.said(answer)
  }
  assert.match((await bobs.reply(2)).text, /No, at nine\. 👍/)
})

test('a reaction that answers nothing is a note that the next turn reads', async () => {
  const bobs = chat(bob.id)
  const next = requests()
  stage.telegram.write(bob, 'first')
  reactOnTelegram(stage.telegram, bob, (await bobs.reply()).messageId, '❤')
  stage.telegram.write(bob, 'second')
  await bobs.reply(2)
  assert.match(text(await next(2)), /reacted with ❤ to: “heard: first”/)
  await until('its span is written', () =>
    readSpans(join(stage.home.dir, 'traces', 'trace.jsonl')).some(
      ({ name, attributes }) =>
        name === 'message' && attributes['route'] === 'reaction' && attributes['person'] === 'bob',
    ),
  )
})

test('the agent puts a sign under the message that it answers', async () => {
  stage.model.next(use('react', { emoji: '👍' }), say('Noted.'))
  const bobs = chat(bob.id)
  const message = stage.telegram.write(bob, 'I fed the cat')
  await bobs.reply()
  const reaction = await until('the sign', () =>
    stage.telegram.calls.find(call => call.method === 'setMessageReaction'),
  )
  assert.deepEqual(reaction.body, {
    chat_id: bob.id,
    message_id: message.message_id,
    reaction: [{ type: 'emoji', emoji: '👍' }],
  })
})

test('a model is chosen by a button', async () => {
  const alices = chat(alice.id)
  stage.telegram.write(alice, '/models')
  pressOnTelegram(stage.telegram, alice, await alices.reply(), /^offline\/coop$/)
  await alices.said(/Answering from now on: offline\/coop/)
  stage.telegram.write(alice, '/model default')
  await alices.said(/Answering: anthropic/)
})

test('the owner lets a stranger in by a button, but never under the name of somebody known', async () => {
  const alices = chat(alice.id)
  const next = stage.model.requests.length
  stage.telegram.write(mallory, 'hello?')
  pressOnTelegram(stage.telegram, alice, await alices.said(/^Mallory wrote to me/), /^Let in, familiar$/)
  await alices.said(/Mallory is known now, as familiar/)
  assert.equal(stage.model.requests.length, next)
  stage.telegram.write({ id: 7777, name: 'Bob' }, 'it is me')
  const labels = JSON.stringify((await alices.said(/^Bob wrote to me/)).body.reply_markup)
  assert.match(labels, /Leave out/)
  assert.doesNotMatch(labels, /Let in/)
})

test('a command that there is not is answered with the nearest one, and the model is not asked', async () => {
  const bobs = chat(bob.id)
  const asked = stage.model.requests.length
  stage.telegram.write(bob, '/verbos on')
  assert.match((await bobs.reply()).text, /no command \/verbos; did you mean \/verbose\? \/help/)
  stage.telegram.write(bob, '/xylophone please')
  assert.match((await bobs.reply(2)).text, /^There is no command \/xylophone\. \/help lists/)
  assert.equal(stage.model.requests.length, asked)
})

test('each person is shown the commands that their level opens', async () => {
  const menus = () => stage.telegram.calls.filter(call => call.method === 'setMyCommands')
  const of = (id: number) =>
    JSON.stringify(menus().find(call => JSON.stringify(call.body).includes(`"chat_id":${id}`))?.body)
  await until('all menus', () => of(alice.id) && of(carol.id))
  assert.match(of(alice.id), /"status"/)
  assert.doesNotMatch(of(carol.id), /"status"/)
  assert.match(of(carol.id), /"help"/)
})

test('a group is answered when named; what was said before is context with its speakers, up to the limit', async () => {
  const group = chat(den)
  const next = requests()
  for (const n of [1, 2, 3, 4]) stage.telegram.write(n % 2 ? bob : alice, `quiet ${n}`, { chat: den })
  const mention = {
    chat: den,
    extra: { entities: [{ type: 'mention' as const, offset: 0, length: 9 }] },
  }
  const asked = stage.telegram.write(bob, '@coop_bot what did we say?', mention)
  const reply = await group.reply()
  assert.deepEqual(reply.body.reply_parameters, {
    message_id: asked.message_id,
    allow_sending_without_reply: true,
  })
  const said = wordsIn((await next()).body)
  assert.deepEqual(
    said.filter(words => /quiet/.test(words)),
    ['Alice: quiet 2', 'Bob: quiet 3', 'Alice: quiet 4'],
  )
  assert.match(said.at(-1)!, /^Bob: @coop_bot what did we say\?$/)
  stage.telegram.write(alice, 'ask the butler', { chat: den })
  await group.reply(2)
  stage.telegram.write(bob, 'and you?', {
    chat: den,
    replyTo: { message_id: reply.messageId, from: stage.telegram.self, text: reply.text } as Message,
  })
  await group.reply(3)
})

test('a group may be answered always, or when a pattern fits; NO_REPLY is silence', async () => {
  const always = chat(-501)
  stage.telegram.write(bob, 'no name in here', { chat: -501 })
  await always.reply()
  const next = requests()
  stage.model.next(say('NO_REPLY'))
  stage.telegram.write(bob, 'nothing to answer', { chat: -501 })
  await next()
  stage.telegram.write(alice, 'and this?', { chat: -501 })
  assert.equal((await always.reply(2)).text, 'heard: Alice: and this?')
  const fitting = chat(-502)
  stage.telegram.write(bob, 'lunch is over', { chat: -502 })
  stage.telegram.write(bob, 'what is for dinner?', { chat: -502 })
  assert.match((await fitting.reply()).text, /dinner/)
  assert.equal(fitting.sent().length, 1)
})

test('each topic is a session of its own, and a reaction in it is noted there', async () => {
  const always = chat(-501)
  const next = requests()
  stage.telegram.write(bob, 'the roses', { chat: -501, thread: 7 })
  const reply = await always.reply()
  assert.equal(reply.body.message_thread_id, 7)
  stage.telegram.write(bob, 'the bicycles', { chat: -501, thread: 8 })
  await always.reply(2)
  assert.doesNotMatch(text(await next(2)), /roses/)
  reactOnTelegram(stage.telegram, bob, reply.messageId, '🔥', {
    id: -501,
    type: 'supergroup',
    title: 'Household',
    is_forum: true,
  })
  stage.telegram.write(bob, 'more of them?', { chat: -501, thread: 7 })
  await always.reply(3)
  assert.match(text(await next(3)), /roses.*reacted with 🔥/)
})

test('a member more than was declared lowers what the group opens, and what was said before is gone', async () => {
  const group = chat(den)
  const next = requests()
  const tools = ({ body }: Recorded) => (body.tools ?? []).map(({ name }) => name)
  stage.telegram.write(bob, 'butler, the safe is behind the clock', { chat: den })
  await group.reply()
  assert.ok(tools(await next()).includes('memory_search'))
  assert.match(text(await next()), /Readers: Alice, Bob\./)
  stage.telegram.members.set(den, [alice, bob, mallory])
  stage.telegram.write(bob, 'butler, where is it?', { chat: den })
  await group.reply(2)
  assert.deepEqual(tools(await next(2)), [])
  assert.doesNotMatch(text(await next(2)), /behind the clock/)
  assert.match(text(await next(2)), /people you do not know/)
  stage.telegram.members.set(den, [alice, bob])
})

test('two strangers in a group are two voices, even in the middle of a turn', async () => {
  const always = chat(-501)
  const next = requests()
  stage.telegram.members.set(-501, [alice, bob, mallory, carol])
  stage.model.next(say('one moment', { delayMs: 500 }))
  stage.telegram.write({ id: 8001, name: 'Mallory' }, 'first', { chat: -501 })
  await next()
  stage.telegram.write({ id: 8002, name: 'Mallory' }, 'second', { chat: -501 })
  await always.reply(2)
  assert.equal(always.sent().length, 2)
  stage.telegram.members.set(-501, [alice, bob])
})

test('a platform that asks to wait, is away or drops the line gets the reply once it is back', async () => {
  const bobs = chat(bob.id)
  stage.telegram.fail('sendMessage', { status: 429, retryAfter: 1 })
  stage.telegram.fail('sendMessage', 'garbage')
  stage.telegram.write(bob, 'through all of that')
  assert.equal((await bobs.reply()).text, 'heard: through all of that')
  assert.equal(bobs.sent().length, 1)
})

test('a reply that the platform refuses is told to the owner, by the name of who did not get it', async () => {
  const alices = chat(alice.id)
  stage.telegram.fail('sendMessage', { status: 403, description: 'Forbidden: bot was blocked by the user' })
  stage.telegram.write(carol, 'and this?')
  await alices.said(/reply on telegram to Carol could not be delivered: .*blocked/)
})

test('polling bears a second program, a limit and faults; what was wrong is told in words', async () => {
  const bobs = chat(bob.id)
  const conflict = { status: 409, description: 'Conflict: terminated by other getUpdates request' }
  stage.telegram.fail('getUpdates', 'garbage')
  stage.telegram.fail('getUpdates', { status: 429, retryAfter: 1 })
  stage.telegram.fail('getUpdates', conflict, 2)
  stage.telegram.write(bob, 'are you there?')
  await bobs.reply()
  const told = await until('the fault is told still', async () => {
    const { stdout } = await runCoop(stage.home, ['channels'])
    return /telegram {2}connected \(last error .* UTC: .+\)/.exec(stdout)?.[0]
  })
  assert.match(told, /another program polls/)
  assert.match(
    (await runCoop(stage.home, ['doctor'])).stdout,
    /channels: telegram is connected \(last error .*another program polls/,
  )
})

test('a platform on which everything takes its time is answered once, in order', async () => {
  const bobs = chat(bob.id)
  stage.telegram.fail('getUpdates', { lateMs: 1_500 })
  stage.telegram.fail('sendMessage', { lateMs: 1_500 }, 2)
  stage.telegram.write(bob, 'slow one')
  stage.telegram.write(bob, 'slow two')
  await bobs.said(/slow two/)
  assert.deepEqual(
    bobs.sent().map(sent => sent.text),
    ['heard: slow one', 'heard: slow two'],
  )
})

test('messages that come in another order than they were written are each answered once', async () => {
  const bobs = chat(bob.id)
  const date = Math.floor(Date.now() / 1_000)
  const of = (message_id: number, text: string) =>
    ({
      message: { message_id, date, text, from: telegramUser(bob), chat: { id: bob.id, type: 'private' } },
    }) as unknown as Update
  for (const id of [95_003, 95_001, 95_003, 95_002, 95_001]) stage.telegram.push(of(id, `number ${id}`))
  await bobs.said(/number 95002/)
  stage.telegram.write(bob, 'done')
  await bobs.said(/heard: done/)
  const heard = bobs.sent().flatMap(({ text: said }) => said.match(/number \d+/g) ?? [])
  assert.deepEqual(heard.sort(), ['number 95001', 'number 95002', 'number 95003'])
})

test('a platform whose clock differs from ours makes no message look old', async () => {
  const bobs = chat(bob.id)
  const next = requests()
  stage.telegram.clockAheadMs = -7_200_000
  stage.telegram.write(bob, 'written just now', { extra: { date: Math.floor(Date.now() / 1000) - 7_200 } })
  await bobs.reply()
  assert.doesNotMatch(
    text(await next())
      .split('written just now')[0]!
      .slice(-400),
    /this was written/,
  )
  stage.telegram.clockAheadMs = 0
})

test('a crash in the middle of a draft leaves one message, which the resumed turn completes', async () => {
  const bobs = chat(bob.id)
  stage.model.next(
    say('a sentence that grows slowly and breaks off in its very middle', { paceMs: 40, breaks: 'hang' }),
  )
  stage.telegram.write(bob, 'go on')
  await bobs.reply()
  // The draft's id is stored a moment after it is shown.
  await until('the id', () => stored("SELECT 1 FROM setting WHERE name LIKE 'draft:%'"))
  await stage.gateway.kill()
  await stage.start()
  await bobs.said(/^heard: go on$/)
  assert.equal(bobs.sent().length, 1)
})

test('a crash while a draft is shown for the first time leaves no torn beginning', async () => {
  const bobs = chat(bob.id)
  stage.model.next(
    say('a sentence that grows slowly and breaks off in its midst', { paceMs: 40, breaks: 'hang' }),
  )
  stage.telegram.fail('sendMessage', 'hang after')
  stage.telegram.write(bob, 'and on')
  await bobs.reply()
  await stage.gateway.kill()
  await stage.start()
  await bobs.said(/^heard: and on$/)
  assert.deepEqual(
    bobs.sent().map(sent => sent.text),
    ['heard: and on'],
  )
  // Killed before it knows that, it would say it again.
  await until('the word on it', () => !stored("SELECT 1 FROM outbox WHERE state IN ('queued', 'sending')"))
})

test('what was written while the gateway was down is answered in order, with the time it was written', async () => {
  await stage.gateway.kill()
  const bobs = chat(bob.id)
  const next = requests()
  const hours = Math.floor(Date.now() / 1000) - 7_200
  stage.telegram.write(bob, 'the boiler leaks', { extra: { date: hours } })
  stage.telegram.write(bob, 'a lot', { extra: { date: hours + 60 } })
  await stage.start()
  await bobs.reply(2)
  assert.match(text(await next()), /this was written \w{3} \d+ \w{3} \d{4} \d\d:\d\d/)
  assert.deepEqual(
    bobs.sent().map(sent => sent.text),
    ['heard: the boiler leaks', 'heard: a lot'],
  )
})
