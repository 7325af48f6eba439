// How the platforms' channels bear many chats at once, and a long absence.
import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { format } from '../../channels/discord/format.ts'
import { readable } from '../../channels/readable.ts'
import { messagesOf } from '../../src/delivery/messages.ts'
import { type FakeDiscord, openFakeDiscord } from '../support/fake-discord.ts'
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
const backlogMs = 900_000

/** Measures; takes about a minute. */
export async function rows(): Promise<Row[]> {
  return [worstText(), ...(await parallelChats()), ...(await backlogs())]
}

/** What has made such rules slow: beginnings without ends, and ends without beginnings. */
const bits = [
  '[',
  '![a](',
  '[a](',
  '<b>',
  '<!--',
  '\\[',
  '\\(',
  '$$',
  ' ',
  '\t',
  '\n',
  '> ',
  '- ',
  '`a',
  '````a\n',
  '_a_',
  '**a',
  '#### a ',
  '|a|\n|-|\n',
  '|*a*|*b*|\n|-|-|\n|*c*|*d*|\n\n',
  '[x]: y\n',
  'https://a',
] as const

const bot = { exactlyOnce: false, groups: true, local: false }

/** Of texts made of one thing over and over, the one that takes longest to be made ready and cut. */
function worstText(): Row {
  const size = 100_000
  const measured = bits.flatMap(bit => {
    const text = bit.repeat(size / bit.length)
    const works = [
      () => messagesOf(text, { prepare: readable, capabilities: { ...bot, maxTextLength: 4_096 } }),
      () => messagesOf(text, { prepare: format, capabilities: { ...bot, maxTextLength: 2_000 } }),
    ]
    return works.map(work => {
      const before = process.cpuUsage()
      work()
      const { user, system } = process.cpuUsage(before)
      return { bit, ms: Math.round((user + system) / 1_000) }
    })
  })
  const worst = measured.reduce((a, b) => (b.ms > a.ms ? b : a))
  return {
    name: '100 kB of the worst text, made ready and cut',
    value: `${worst.ms} ms, of ${JSON.stringify(worst.bit)}`,
  }
}

/** 200 people on each platform write at once; each is answered in their own chat. */
async function parallelChats(): Promise<Row[]> {
  await using discord = await openFakeDiscord()
  const people = Array.from({ length: chats }, (_, n) => ({ id: 10_000 + n, name: `Carol ${n}` }))
  await using stage = await openStage({
    users: usersOf(people),
    toml: discordTable(discord),
    env: { DISCORD_TOKEN: discord.token },
  })
  await until('discord is connected', () => discord.identified > 0)
  const first = people[0]!
  stage.telegram.write(first, 'hello')
  await until('the first reply', () => stage.telegram.sent().length > 0, waitMs)
  const measure = async (
    name: string,
    write: (person: (typeof people)[number]) => void,
    sent: () => number,
  ) => {
    const before = sent()
    const from = performance.now()
    for (const person of people) write(person)
    await until('every reply', () => sent() - before >= chats, waitMs)
    const seconds = (performance.now() - from) / 1_000
    return {
      name: `${chats} chats in parallel on ${name}`,
      value: `${Math.round(chats / seconds)} messages/s, all in ${seconds.toFixed(1)} s`,
    }
  }
  const asked = () => stage.telegram.calls.filter(({ method }) => method === 'sendMessage').length
  const free = await measure(
    'Telegram',
    person => stage.telegram.write(person, 'hello'),
    () => stage.telegram.sent().length,
  )
  stage.telegram.perSecond = 30
  const before = asked()
  const limited = await measure(
    'Telegram, 30 a second taken',
    person => stage.telegram.write(person, 'hello again'),
    () => stage.telegram.sent().length,
  )
  return [
    free,
    { ...limited, value: `${limited.value}, ${asked() - before - chats} refused` },
    // Discord takes 50 requests a second from a bot, which its library keeps to.
    await measure(
      'Discord',
      person => discord.write({ id: String(person.id), name: person.name }, 'hello'),
      () => discord.sent().length,
    ),
  ]
}

/** Who writes to the agent alone while it is down; the rest is said in a group. */
const asking = 100

/** 10,000 messages were written while the gateway was down: what was asked is answered once, what was said in a group is heard. */
async function backlogs(): Promise<Row[]> {
  await using discord = await openFakeDiscord()
  const people = Array.from({ length: asking }, (_, n) => ({ id: 10_000 + n, name: `Carol ${n}` }))
  const [alice] = people
  discord.addGuild({
    id: '500',
    owner: String(alice!.id),
    channels: [{ id: '501', name: 'kitchen' }],
    members: [{ user: { id: String(alice!.id), name: alice!.name } }],
  })
  await using stage = await openStage({
    users: `${usersOf(people)}\n${groupsOf}`,
    toml: discordTable(discord),
    env: { DISCORD_TOKEN: discord.token },
  })
  await until('discord is connected', () => discord.identified > 0)
  const count = (query: string): number => {
    const db = new Database(stage.home.database, { readonly: true })
    try {
      return db.prepare<[], number>(query).pluck().get() ?? 0
    } finally {
      db.close()
    }
  }
  const measure = async (
    name: string,
    write: (n: number) => void,
    sent: () => readonly { text: string }[],
  ) => {
    const handled = () =>
      count(
        `SELECT count(*) FROM inbox WHERE channel = '${name.toLowerCase()}' AND state IN ('answered', 'heard')`,
      )
    // Met once, so that there is a place from where to read up.
    for (let n = 0; n < asking; n++) write(n)
    await until('the first replies', () => sent().length >= asking, waitMs)
    // A reply in flight at the kill would come twice.
    await until(
      'the word on each',
      () => count("SELECT count(*) FROM outbox WHERE state <> 'sent'") === 0,
      waitMs,
    )
    const met = sent().length
    await stage.gateway.kill()
    discord.forgetSessions()
    for (let n = 0; n < backlog; n++) write(n)
    const from = performance.now()
    await stage.start()
    const early = memoryOf(stage.gateway.pid)
    await until(
      'the backlog',
      () => sent().length >= met + asking && handled() >= backlog + asking,
      backlogMs,
    )
    const seconds = (performance.now() - from) / 1_000
    return {
      name: `${name}: ${backlog} messages after downtime, start included`,
      value: `${seconds.toFixed(1)} s, ${sent().length - met} of ${asking} answered, ${early} to ${memoryOf(stage.gateway.pid)} MB`,
    }
  }
  return [
    await measure(
      'Telegram',
      n =>
        n < asking
          ? stage.telegram.write(people[n]!, `asked ${n}`)
          : stage.telegram.write(alice!, `said ${n}`, { chat: -500 }),
      () => stage.telegram.sent(),
    ),
    await measure(
      'Discord',
      n =>
        n < asking
          ? discord.write({ id: String(people[n]!.id), name: people[n]!.name }, `asked ${n}`)
          : discord.write({ id: String(alice!.id), name: alice!.name }, `said ${n}`, {
              channel: '501',
              guild: '500',
            }),
      () => discord.sent(),
    ),
  ]
}

/** What a process holds, in MB. */
function memoryOf(pid: number): number {
  const [, kilobytes] = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? []
  return Math.round(Number(kilobytes) / 1024)
}

const usersOf = (people: readonly { id: number }[]): string =>
  `${people
    .map(
      ({ id }) =>
        `[[users]]\nname = "Carol ${id}"\nid = "c${id}"\ntrust = "familiar"\nmatch = ["telegram:${id}", "discord:${id}"]\n`,
    )
    .join('\n')}\n[sessions]\ndirect = "channel"\n`

const groupsOf = '[[groups]]\nmatch = "telegram:-500"\n\n[[groups]]\nmatch = "discord:501"\n'

const discordTable = ({ url, gatewayUrl }: FakeDiscord): string =>
  `[channels.discord]\ntoken = "env:DISCORD_TOKEN"\napi_root = "${url}"\ngateway_url = "${gatewayUrl}"\n`
