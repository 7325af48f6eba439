// How the platforms' channels bear many chats at once, and a long absence.
import type { Channel } from '../../src/channel.ts'
import { openDiscordRig } from '../channels/discord/rig.ts'
import { listen } from '../channels/listener.ts'
import { openTelegramRig } from '../channels/telegram/rig.ts'
import { openFakeDiscord } from '../support/fake-discord.ts'
import { openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'

export interface Row {
  readonly name: string
  readonly bar?: string
  readonly value: string
}

const chats = 200
const backlog = 10_000
const waitMs = 120_000

/** Measures; takes about a minute. */
export async function rows(): Promise<Row[]> {
  return [
    await parallelChats(),
    await backlogOn('telegram', openTelegramRig),
    await backlogOn('discord', openDiscordRig),
  ]
}

/** 200 people on each platform write at once; each is answered in their own chat. */
async function parallelChats(): Promise<Row> {
  await using discord = await openFakeDiscord()
  const people = Array.from({ length: chats }, (_, n) => ({ id: 10_000 + n, name: `Carol ${n}` }))
  const users = people
    .map(
      ({ id }) =>
        `[[users]]\nname = "Carol ${id}"\nid = "c${id}"\ntrust = "familiar"\nmatch = ["telegram:${id}", "discord:${id}"]\n`,
    )
    .join('\n')
  await using stage = await openStage({
    users: `${users}\n[sessions]\ndirect = "channel"\n`,
    toml: `[channels.discord]\ntoken = "env:DISCORD_TOKEN"\napi_root = "${discord.url}"\ngateway_url = "${discord.gatewayUrl}"\n`,
    env: { DISCORD_TOKEN: discord.token },
  })
  await until('discord is connected', () => discord.identified > 0)
  const from = performance.now()
  for (const person of people) {
    stage.telegram.write(person, 'hello')
    discord.write({ id: String(person.id), name: person.name }, 'hello')
  }
  await until(
    'every reply',
    () => stage.telegram.sent().length >= chats && discord.sent().length >= chats,
    waitMs,
  )
  const seconds = (performance.now() - from) / 1_000
  return {
    name: `${chats} chats in parallel on Telegram and on Discord`,
    value: `${Math.round((2 * chats) / seconds)} messages/s, all in ${seconds.toFixed(1)} s`,
  }
}

interface BacklogRig extends AsyncDisposable {
  channel(): Promise<Channel>
  write(text: string): Promise<void>
}

/** 10,000 messages were written while nobody listened. */
async function backlogOn(name: string, open: () => Promise<BacklogRig>): Promise<Row> {
  await using rig = await open()
  {
    await using channel = await rig.channel()
    await using listener = listen(channel)
    await until('a connection', () => channel.state().kind === 'connected')
    await rig.write('first')
    await listener.take(1)
  }
  for (let n = 0; n < backlog; n++) await rig.write(`missed ${n}`)
  await using channel = await rig.channel()
  const from = performance.now()
  await using listener = listen(channel)
  const missed = () =>
    new Set(listener.stored.flatMap(({ text }) => (text.startsWith('missed') ? [text] : []))).size
  await until('the backlog', () => listener.stored.length >= backlog && missed() === backlog, waitMs)
  const seconds = (performance.now() - from) / 1_000
  return {
    name: `${name}: ${backlog} messages after downtime`,
    value: `read in ${seconds.toFixed(1)} s, none lost`,
  }
}
