// What a person sees alike on Telegram and Discord, through the running gateway: buttons over restarts, files out, replies without end, first words.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Database from 'better-sqlite3'
import { boxTests } from '../box/rig.ts'
import {
  buttonOn,
  type Chat,
  discordChat,
  interactOnDiscord,
  pressOnTelegram,
  telegramChat,
} from '../support/chats.ts'
import { newest, type Recorded, say, use } from '../support/fake-anthropic.ts'
import { type DiscordSent, type FakeDiscord, openFakeDiscord } from '../support/fake-discord.ts'
import type { Sent } from '../support/fake-telegram.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'

const alice = { id: 1001, name: 'Alice' }
const bob = { id: 1002, name: 'Bob' }
const carol = { id: 1003, name: 'Carol' }
type Who = typeof alice

const users = ['Alice full', 'Bob inner', 'Carol familiar']
  .map((each, index) => {
    const [name, trust] = each.split(' ')
    const id = 1001 + index
    return `[[users]]\nname = "${name}"\ntrust = "${trust}"\nmatch = ["telegram:${id}", "discord:${id}"]\n`
  })
  .join('\n')

let discord: FakeDiscord
let stage: Stage
const user = ({ id, name }: Who) => ({ id: String(id), name })

interface Platform {
  chat(who: Who): Chat<{ readonly text: string }>
  write(who: Who, text: string): void
  /** Presses the button of `under` that reads so, as `who`. */
  press(who: Who, under: { readonly text: string }, label: RegExp): void
  /** The files of a message, by name; null for a picture, which has none on Telegram. */
  files(sent: { readonly text: string }): Uint8Array[]
}

const platforms: Record<'telegram' | 'discord', Platform> = {
  telegram: {
    chat: who => telegramChat(stage.telegram, who.id),
    write: (who, text) => void stage.telegram.write(who, text),
    press: (who, under, label) => pressOnTelegram(stage.telegram, who, under as Sent, label),
    files: sent =>
      Object.values((sent as Sent).body).filter(value => value instanceof Uint8Array) as Uint8Array[],
  },
  discord: {
    chat: who => discordChat(discord, discord.direct(String(who.id))),
    write: (who, text) => void discord.write(user(who), text),
    press: (who, under, label) =>
      void interactOnDiscord(discord, user(who), { button: buttonOn(under as DiscordSent, label) }),
    files: sent => [...(sent as DiscordSent).files.values()],
  },
}

function requests(): (count?: number) => Promise<Recorded> {
  const from = stage.model.requests.length
  return (count = 1) => until(`request ${count}`, () => stage.model.requests[from + count - 1])
}
/** Everything that was said is known to be out: killed before that, it would be said again. */
const settled = () =>
  until('the word on everything sent', () => {
    const db = new Database(stage.home.database, { readonly: true })
    try {
      return !db.prepare("SELECT 1 FROM outbox WHERE state IN ('queued', 'sending')").get()
    } finally {
      db.close()
    }
  })

async function restart(): Promise<void> {
  await stage.gateway.kill()
  const before = discord.identified
  await stage.start()
  // What is pressed while nobody listens has failed, and its person sees that.
  await until('discord is connected', () => discord.identified > before)
}

before(async () => {
  discord = await openFakeDiscord()
  stage = await openStage({
    idle: true,
    users,
    toml: `[sessions]\ndirect = "channel"\n\n[channels.discord]\ntoken = "env:DISCORD_TOKEN"\napi_root = "${discord.url}"\ngateway_url = "${discord.gatewayUrl}"\n`,
    env: { DISCORD_TOKEN: discord.token },
  })
  stage.home.file('workspaces/default/SOUL.md', 'Be kind.')
  await stage.start()
  await until('discord is connected', () => discord.identified > 0)
})
after(async () => {
  await stage?.[Symbol.asyncDispose]()
  await discord?.[Symbol.asyncDispose]()
})

for (const [name, platform] of Object.entries(platforms)) {
  test(`${name}: a button is no one else’s to press, counts after a restart, and once`, async () => {
    const alices = platform.chat(alice)
    const bobs = platform.chat(bob)
    platform.write(bob, 'hello')
    await bobs.reply()
    stage.model.next(use('message', { to: 'Bob', text: `Dinner at eight, by ${name}.` }))
    platform.write(alice, 'tell Bob')
    const question = await alices.said(/\/approve/)
    for (const other of [bob, carol]) {
      const theirs = platform.chat(other)
      platform.press(other, question, /^Yes$/)
      await theirs.said(/^There is no question \w+ for you\.$/)
    }
    await settled()
    await restart()
    platform.press(alice, question, /^Yes$/)
    platform.press(alice, question, /^Yes$/)
    await alices.said(/^The question \w+ was answered before: approved|used\.$/)
    await alices.said(/^Approved\.$/)
    await bobs.said(/Dinner at eight/)
    platform.write(bob, 'noted')
    await bobs.said(/noted/)
    assert.equal(bobs.sent().filter(({ text }) => /Dinner at eight/.test(text)).length, 1)
  })

  test(`${name}: an endless reply is its beginning and a file with all of it`, async () => {
    const bobs = platform.chat(bob)
    const words = Array.from({ length: 60_000 }, (_, n) => `word${n}`).join(' ')
    stage.model.next(say(words))
    platform.write(bob, 'tell me everything')
    const last = await bobs.said(/The file holds all of it/)
    assert.equal(bobs.sent().length, 10)
    assert.ok(
      words.startsWith(
        bobs
          .sent()
          .slice(0, -1)
          .map(({ text }) => text.trim())
          .join(' '),
      ),
    )
    assert.deepEqual(
      platform.files(last).map(bytes => new TextDecoder().decode(bytes)),
      [words],
    )
    platform.write(bob, 'thanks')
    await bobs.said(/^heard: thanks$/)
    assert.equal(bobs.sent().length, 11)
  })

  test(`${name}: a picture that the agent made arrives as one, with its words, once`, boxTests, async () => {
    const alices = platform.chat(alice)
    const png =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    stage.model.next(
      use('bash', { command: `echo ${png} | base64 -d >dot-${name}.png` }),
      use('send_file', { path: `dot-${name}.png`, caption: 'A **dot**.' }),
      say('There it is.'),
    )
    platform.write(alice, 'draw a dot')
    await alices.said(/^There it is\.$/)
    const [picture, ...others] = alices.sent().filter(sent => platform.files(sent).length > 0)
    assert.match(picture?.text ?? '', /^A (\*\*)?dot(\*\*)?\.$/)
    assert.deepEqual(platform.files(picture!), [new Uint8Array(Buffer.from(png, 'base64'))])
    assert.equal(others.length, 0)
    if (name === 'telegram') assert.equal((picture as Sent).method, 'sendPhoto')
    else assert.ok((picture as DiscordSent).files.has('dot-discord.png'))
  })

  test(`${name}: a file larger than can be sent is told to the agent in a sentence`, boxTests, async () => {
    const alices = platform.chat(alice)
    const next = requests()
    stage.model.next(
      use('bash', { command: 'head -c 27000000 /dev/zero >vast.bin' }),
      use('send_file', { path: 'vast.bin' }),
      say('It is too large.'),
    )
    platform.write(alice, 'send me all of it')
    await alices.said(/^It is too large\.$/)
    assert.match(
      JSON.stringify((await next(3)).body),
      /vast\.bin has 27000000 bytes; at most 26214400 are taken/,
    )
    assert.equal(alices.sent().filter(sent => platform.files(sent).length > 0).length, 0)
  })
}

test('discord: a file that is too large to be had is named with its limit, and not loaded', async () => {
  const next = requests()
  const file = { id: '2', filename: 'film.mkv', content_type: 'video/x-matroska', size: 26_000_000 }
  discord.write(user(bob), 'look', {
    extra: { attachments: [{ ...file, url: 'http://127.0.0.1:9/film.mkv' }] },
  })
  assert.match(
    JSON.stringify((await next()).body.messages),
    /film\.mkv, which could not be had: film\.mkv is larger than the 25 MB that Coop takes from Discord/,
  )
})

test('discord: the first words ever of somebody of the household, written while Coop was down, are answered once', async () => {
  const carols = platforms.discord.chat(carol)
  const next = requests()
  await settled()
  await stage.gateway.kill()
  discord.forgetSessions()
  stage.home.configure(
    `${stage.toml()}\n[[users]]\nname = "Bob Two"\nid = "bob2"\ntrust = "familiar"\nmatch = ["discord:1009"]\n`,
  )
  const second = { id: '1009', name: 'Bob Two' }
  const seconds = discordChat(discord, discord.direct(second.id))
  discord.write(second, 'hello, it is me')
  discord.write({ id: '6666', name: 'Mallory' }, 'and me')
  await stage.start()
  assert.equal((await seconds.reply()).text, 'heard: hello, it is me')
  discord.write(user(carol), 'good evening')
  await carols.said(/^heard: good evening$/)
  assert.equal(seconds.sent().length, 1)
  assert.equal(newest((await next()).body), 'hello, it is me')
  assert.equal(discord.sent(discord.direct('6666')).length, 0)
})
