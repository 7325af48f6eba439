// A Telegram group that becomes a supergroup, or public, through the running gateway: who reads there decides, not its number.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Message } from 'grammy/types'
import { telegramChat } from '../support/chats.ts'
import { type Recorded, say } from '../support/fake-anthropic.ts'
import { alice, bob, mallory, openStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'

const group = (id: number) => `
[[groups]]
match = "telegram:${id}"
members = ["Alice", "Bob"]
ceiling = "inner"
trigger = "always"
`

let stage: Stage
const chat = (id: number) => telegramChat(stage.telegram, id)
const text = ({ body }: Recorded): string => JSON.stringify(body)
const toolsOf = ({ body }: Recorded): string[] => (body.tools ?? []).map(({ name }) => name)
function requests(): (count?: number) => Promise<Recorded> {
  const from = stage.model.requests.length
  return (count = 1) => until(`request ${count}`, () => stage.model.requests[from + count - 1])
}

before(async () => {
  stage = await openStage({ toml: [-601, -602, -603, -604].map(group).join('') })
  for (const id of [-601, -602, -603, -604, -605]) stage.telegram.members.set(id, [alice, bob])
})
after(() => stage?.[Symbol.asyncDispose]())

test('a group that becomes a supergroup goes on as the conversation it was, a restart later too', async () => {
  const next = requests()
  const old = chat(-601)
  stage.telegram.write(bob, 'the key is under the mat', { chat: -601 })
  const reply = await old.reply()
  stage.telegram.upgrade(-601, -1000601, bob)
  const group = chat(-1000601)
  stage.telegram.write(bob, 'where is it?', { chat: -1000601 })
  await group.reply()
  const seen = await next(2)
  assert.match(text(seen), /under the mat/)
  assert.match(text(seen), /Readers: Alice, Bob\./)
  assert.ok(toolsOf(seen).includes('memory_search'))
  await stage.gateway.stop()
  await stage.start()
  const asked = stage.telegram.write(bob, 'and now?', { chat: -1000601 })
  const last = await group.reply(2)
  assert.deepEqual(last.body.reply_parameters, {
    message_id: asked.message_id,
    allow_sending_without_reply: true,
  })
  assert.match(text(await next(3)), /under the mat/)
  // Somebody new in it counts as they would have before.
  stage.telegram.members.set(-1000601, [alice, bob, mallory])
  stage.telegram.write(bob, 'still?', {
    chat: -1000601,
    replyTo: { message_id: reply.messageId, text: reply.text } as Message,
  })
  await group.reply(3)
  assert.deepEqual(toolsOf(await next(4)), [])
  assert.doesNotMatch(text(await next(4)), /under the mat/)
  assert.equal(old.sent().length, 1)
})

test('a reply that is written while its group becomes a supergroup arrives there, once', async () => {
  const next = requests()
  const group = chat(-1000602)
  stage.model.next(say('here I am', { delayMs: 800 }))
  stage.telegram.write(bob, 'are you there?', { chat: -602 })
  await next()
  stage.telegram.upgrade(-602, -1000602, bob, true)
  const reply = await group.said(/^here I am$/)
  // The message that it answers has another number there.
  assert.equal(reply.body.reply_parameters, undefined)
  stage.telegram.write(bob, 'good', { chat: -1000602 })
  await group.said(/good/)
  assert.match(text(await next(2)), /are you there\?/)
  assert.equal(group.sent().length, 2)
})

test('a draft on display when its group becomes a supergroup is not looked for in the new one', async () => {
  const group = chat(-1000603)
  const old = chat(-603)
  stage.model.next(say('a sentence that grows for a while until it is whole', { paceMs: 150 }))
  stage.telegram.write(bob, 'slowly', { chat: -603 })
  await old.reply()
  stage.telegram.upgrade(-603, -1000603, bob)
  await group.said(/^a sentence that grows for a while until it is whole$/)
  assert.equal(group.sent().length, 1)
})

test('a group that is not listed is none under its new id either', async () => {
  const asked = stage.model.requests.length
  const alices = chat(alice.id)
  stage.telegram.write(bob, 'hello?', { chat: -605 })
  stage.telegram.upgrade(-605, -1000605, bob)
  stage.telegram.write(bob, 'hello there?', { chat: -1000605 })
  await alices.said(/match = "telegram:-1000605"/)
  assert.equal(stage.telegram.sent(-1000605).length, 0)
  assert.equal(stage.model.requests.length, asked)
})

test('a group that anybody can read from outside opens nothing, however few are in it', async () => {
  const group = chat(-604)
  const next = requests()
  stage.telegram.write(bob, 'the safe is behind the clock', { chat: -604 })
  await group.reply()
  assert.ok(toolsOf(await next()).includes('memory_search'))
  for (const about of [{ username: 'household' }, { linked_chat_id: -1000999 }]) {
    stage.telegram.chats.set(-604, about)
    const from = requests()
    const now = chat(-604)
    stage.telegram.write(bob, 'where is it?', { chat: -604 })
    await now.reply()
    assert.deepEqual(toolsOf(await from()), [])
    assert.doesNotMatch(text(await from()), /behind the clock/)
  }
})
