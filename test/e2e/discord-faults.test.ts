// Everything that Discord's connection and limits do to a bot, through the running gateway: each message is answered once.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Chat, discordChat } from '../support/chats.ts'
import { runCoop } from '../support/coop.ts'
import { say } from '../support/fake-anthropic.ts'
import { type DiscordSent, type FakeDiscord, openFakeDiscord } from '../support/fake-discord.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'

const alice = { id: '1001', name: 'Alice' }
const bob = { id: '1002', name: 'Bob' }

let discord: FakeDiscord
let stage: Stage
const direct = (who: typeof alice) => discordChat(discord, discord.direct(who.id))
const texts = (chat: Chat<DiscordSent>) => chat.sent().map(({ text }) => text)

before(async () => {
  discord = await openFakeDiscord()
  stage = await openStage({
    users: `[[users]]\nname = "Alice"\ntrust = "full"\nmatch = ["terminal:default", "discord:1001"]\n\n[[users]]\nname = "Bob"\ntrust = "inner"\nmatch = ["discord:1002"]\n`,
    toml: `[channels.discord]\ntoken = "env:DISCORD_TOKEN"\napi_root = "${discord.url}"\ngateway_url = "${discord.gatewayUrl}"\n`,
    env: { DISCORD_TOKEN: discord.token },
  })
  await until('discord is connected', async () =>
    /discord {2}connected/.test((await runCoop(stage.home, ['channels'])).stdout),
  )
})
after(async () => {
  await stage?.[Symbol.asyncDispose]()
  await discord?.[Symbol.asyncDispose]()
})

/** Something goes wrong, words are written into it, and are answered once. */
async function survives(how: string, goesWrong: () => void): Promise<void> {
  const bobs = direct(bob)
  goesWrong()
  discord.write(bob, how)
  await bobs.said(new RegExp(`^heard: ${how}$`))
  discord.write(bob, `after ${how}`)
  await bobs.said(new RegExp(`^heard: after ${how}$`))
  assert.deepEqual(texts(bobs), [`heard: ${how}`, `heard: after ${how}`])
}

test('whatever code a connection is closed with that a new one can mend, what was said meanwhile is answered', async () => {
  for (const code of [1000, 4000, 4001, 4008]) await survives(`close ${code}`, () => discord.hangUp(code))
  // This one ends the session too, so that history is read.
  await survives('close 4007', () => {
    discord.forgetSessions()
    discord.hangUp(4007)
  })
})

test('a session that is said to be invalid is resumed or begun anew, as Discord says', async () => {
  const { identified } = discord
  await survives('resumable', () => discord.invalidate(true))
  assert.equal(discord.identified, identified)
  await survives('gone', () => {
    discord.invalidate(false)
    discord.forgetSessions()
  })
  assert.equal(discord.identified, identified + 1)
})

test('a compressed stream that breaks in the middle is left, and one that comes in crumbs is read', async () => {
  await survives('garbled', () => discord.garble())
  discord.pieces = 7
  await survives('in crumbs', () => {})
  await survives('in crumbs, and torn', () => discord.hangUp(1006))
  discord.pieces = 1
})

test('a limit of one channel is kept to from the second message on, and the reply arrives whole and in order', async () => {
  const bobs = direct(bob)
  discord.bucket = { limit: 2, resetMs: 700 }
  const paragraphs = Array.from({ length: 8 }, (_, n) => `${n} ${'word '.repeat(390).trim()}`)
  stage.model.next(say(paragraphs.join('\n\n')))
  const before = discord.calls.length
  discord.write(bob, 'at length, please')
  await bobs.said(/^7 word/)
  assert.deepEqual(
    texts(bobs).map(text => text.trim()),
    paragraphs,
  )
  const asked = discord.calls
    .slice(before)
    .filter(({ method, path }) => method === 'POST' && path.endsWith('/messages')).length
  assert.ok(asked <= paragraphs.length + 2, `${asked} requests`)
  discord.bucket = { limit: 1_000, resetMs: 1_000 }
})

test('a limit of the whole bot holds every chat, and nothing is lost or said twice', async () => {
  const bobs = direct(bob)
  const alices = direct(alice)
  discord.fail(/^POST \/channels\/\d+\/messages$/, { status: 429, retryAfter: 1, global: true })
  discord.write(bob, 'first')
  discord.write(alice, 'second')
  await Promise.all([bobs.said(/^heard: first$/), alices.said(/^heard: second$/)])
  discord.write(bob, 'third')
  await bobs.said(/^heard: third$/)
  assert.deepEqual(texts(bobs), ['heard: first', 'heard: third'])
  assert.deepEqual(texts(alices), ['heard: second'])
})

test('events that overtake each other are each answered once', async () => {
  const bobs = direct(bob)
  const messages = ['one', 'two', 'three'].map(text => ({
    ...discord.write(alice, 'never mind'),
    content: text,
    author: { id: bob.id, username: 'bob', global_name: 'Bob' },
    channel_id: discord.direct(bob.id),
  }))
  const fresh = messages.map((message, n) => ({
    ...message,
    id: String(BigInt(message.id) + BigInt(n) + 100n),
  }))
  for (const message of [fresh[2]!, fresh[0]!, fresh[2]!, fresh[1]!, fresh[0]!])
    discord.dispatch('MESSAGE_CREATE', message)
  discord.write(bob, 'that is all')
  await bobs.said(/that is all/)
  const heard = texts(bobs).flatMap(text => text.match(/one|two|three/g) ?? [])
  assert.deepEqual(heard.sort(), ['one', 'three', 'two'])
})
