// Beginnings of replies whose first showing nobody heard the end of.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../support/until.ts'
import { ready } from '../contract.ts'
import { listen } from '../listener.ts'
import { openTelegramRig } from './rig.ts'

const never = new AbortController().signal

/** A chat in which Alice wrote something. */
async function openChat() {
  const rig = await openTelegramRig()
  const channel = await rig.channel()
  const listener = listen(channel)
  await ready(channel)
  await rig.write('tell me more')
  await listener.take(1)
  const draft = { key: 'turn:draft:0', place: rig.place, text: 'half a sen …' }
  const reply = { key: 'turn:0', place: rig.place, text: 'A whole sentence.' }
  return {
    rig,
    channel,
    draft,
    reply,
    say: (key: string, text: string) => channel.send({ key, place: rig.place, text }, never),
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]()
      await channel[Symbol.asyncDispose]()
      await rig[Symbol.asyncDispose]()
    },
  }
}

test('a beginning whose answer was lost is taken back before anything new is sent', async () => {
  await using chat = await openChat()
  const { rig, channel, draft, reply } = chat
  rig.telegram.fail('sendMessage', 'drop after')
  assert.equal((await channel.draft!(draft, never)).kind, 'retry')
  assert.deepEqual(rig.shown(), ['half a sen …'])
  const again = await channel.draft!(draft, never)
  assert.ok(again.kind === 'sent' && again.externalId)
  assert.deepEqual(rig.shown(), ['half a sen …'])
  await channel.send({ ...reply, replaces: again.externalId }, never)
  assert.deepEqual(rig.shown(), ['A whole sentence.'])
})

test('a beginning that was on its way when the program ended is taken back by the next', async () => {
  await using chat = await openChat()
  const { rig, channel, draft, reply } = chat
  rig.telegram.fail('sendMessage', 'hang after')
  const stop = new AbortController()
  const showing = channel.draft!(draft, stop.signal)
  await until('the beginning', () => rig.shown().length === 1)
  await using next = await rig.channel()
  await rig.write('still there?')
  assert.equal((await next.send(reply, never)).kind, 'sent')
  assert.deepEqual(rig.shown(), ['A whole sentence.'])
  stop.abort()
  await showing
})

test('only that is taken back: what was said before, meanwhile and by others stays', async () => {
  await using chat = await openChat()
  const { rig, channel, draft, reply } = chat
  await chat.say('a', 'before')
  rig.telegram.fail('sendMessage', 'hang after')
  const stop = new AbortController()
  const showing = channel.draft!(draft, stop.signal)
  await until('the beginning', () => rig.shown().length === 2)
  await chat.say('b', 'meanwhile')
  rig.telegram.write({ id: 1002, name: 'Bob' }, 'hello')
  await using next = await rig.channel()
  await next.send(reply, never)
  assert.deepEqual(rig.shown(), ['before', 'meanwhile', 'A whole sentence.'])
  stop.abort()
  await showing
})

test('a draft that the gateway knows is left where it is, also by the next program', async () => {
  await using chat = await openChat()
  const { rig, channel, draft } = chat
  const shown = await channel.draft!(draft, never)
  assert.ok(shown.kind === 'sent' && shown.externalId)
  await using next = await rig.channel()
  const { externalId } = shown
  assert.equal((await next.draft!({ ...draft, text: 'half a sentence …', externalId }, never)).kind, 'sent')
  await next.send({ key: 'other', place: rig.place, text: 'By the way.' }, never)
  assert.deepEqual(rig.shown(), ['half a sentence …', 'By the way.'])
})

test('a platform that does not let it be looked for does not hold up the reply', async () => {
  await using chat = await openChat()
  const { rig, channel, draft, reply } = chat
  rig.telegram.fail('sendMessage', 'drop after')
  await channel.draft!(draft, never)
  rig.telegram.fail('editMessageReplyMarkup', { status: 429, retryAfter: 30 })
  assert.equal((await channel.send(reply, never)).kind, 'sent')
})
