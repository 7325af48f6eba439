// A household on Discord through the running gateway: everything that people do there.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import Database from 'better-sqlite3'
import { boxTests } from '../box/rig.ts'
import { buttonOn, discordChat, interactOnDiscord } from '../support/chats.ts'
import { runCoop } from '../support/coop.ts'
import { newest, type Recorded, say, use, wordsIn } from '../support/fake-anthropic.ts'
import { type DiscordUser, type FakeDiscord, openFakeDiscord } from '../support/fake-discord.ts'
import { type Loopback, openLoopback, sendJson } from '../support/loopback.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'

const alice = { id: '1001', name: 'Alice' }
const bob = { id: '1002', name: 'Bob' }
const mallory = { id: '6666', name: 'Mallory' }

const users = `
[[users]]
name = "Alice"
trust = "full"
match = ["terminal:default", "discord:1001"]

[[users]]
name = "Bob"
trust = "inner"
match = ["discord:1002"]

[[users]]
name = "Carol"
trust = "full"
match = ["telegram:1003"]

[[groups]]
match = "discord:501"
ceiling = "inner"
history_limit = 3
mention_names = ["butler"]

[[groups]]
match = "discord:503"
trigger = "always"

[[groups]]
match = "discord:504"
trigger = "regex"
trigger_regex = "dinner"
`

const view = 1n << 10n
const onlyHousehold = [
  { id: '500', type: 0, allow: '0', deny: String(view) },
  { id: '510', type: 0, allow: String(view), deny: '0' },
]
const png = Buffer.from('iVBORw0KGgo=', 'base64')

let discord: FakeDiscord
let stage: Stage
let cdn: Loopback
const direct = (who: DiscordUser) => discordChat(discord, discord.direct(who.id))
const inChannel = (channel: string, extra: Record<string, unknown> = {}) => ({ channel, guild: '500', extra })
const mention = { mentions: [{ id: '900', username: 'coop' }] }
const text = ({ body }: Recorded): string => JSON.stringify(body)
const toolsOf = ({ body }: Recorded): string[] => (body.tools ?? []).map(tool => tool.name)
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
const channels = async () => (await runCoop(stage.home, ['channels'])).stdout

before(async () => {
  discord = await openFakeDiscord()
  cdn = await openLoopback(async (request, response) => {
    for await (const _ of request);
    if (request.url === '/audio/transcriptions') return sendJson(response, 200, { text: 'call me back' })
    if (request.url === '/gone.pdf') return void response.writeHead(404).end()
    response.writeHead(200).end(png)
  })
  discord.addGuild({
    id: '500',
    owner: alice.id,
    roles: [{ id: '510', permissions: 0n }],
    channels: [
      { id: '501', name: 'kitchen', overwrites: onlyHousehold },
      { id: '503', name: 'hall', overwrites: onlyHousehold },
      { id: '504', name: 'table', overwrites: onlyHousehold },
      { id: '505', name: 'street' },
    ],
    threads: [{ id: '502', name: 'shopping', parent: '501' }],
    members: [
      { user: alice, roles: ['510'] },
      { user: bob, roles: ['510'] },
      { user: mallory },
      { user: discord.self, roles: ['510'] },
    ],
  })
  stage = await openStage({
    idle: true,
    users,
    toml: `[channels.discord]\ntoken = "env:DISCORD_TOKEN"\napi_root = "${discord.url}"\ngateway_url = "${discord.gatewayUrl}"\n`,
    env: { DISCORD_TOKEN: discord.token },
  })
  stage.home.file('workspaces/default/SOUL.md', 'Be kind.')
  await stage.start()
  await until('discord is connected', async () => /discord {2}connected/.test(await channels()))
})
after(async () => {
  await stage?.[Symbol.asyncDispose]()
  await discord?.[Symbol.asyncDispose]()
  await cdn?.[Symbol.asyncDispose]()
})

test('a direct message is answered once, with typing while the model thinks, marks kept and tables readable', async () => {
  const bobs = direct(bob)
  stage.model.next(
    say('hello **Bob**, see [it](https://example.org)\n\n| dish | price |\n|---|--:|\n| soup | 3 |', {
      delayMs: 600,
    }),
  )
  discord.write(bob, 'hello')
  assert.equal(
    (await bobs.reply()).text,
    'hello **Bob**, see [it](https://example.org)\n\n```\ndish  price\n────  ─────\nsoup      3\n```',
  )
  assert.ok(discord.calls.some(call => /\/typing$/.test(call.path)))
})

test('a reply longer than a message comes in parts that are the reply again, each block of code whole', async () => {
  const bobs = direct(bob)
  const code = Array.from({ length: 150 }, (_, n) => `let line${n} = "👩‍👩‍👧 ${n}"`).join('\n')
  stage.model.next(say(`Here it is:\n\n\`\`\`ts\n${code}\n\`\`\`\n\nThat was all of it.`))
  discord.write(bob, 'all the code, please')
  await bobs.said(/That was all of it\.$/)
  const parts = bobs.sent()
  assert.ok(parts.length >= 3)
  for (const part of parts) {
    assert.ok(part.text.length <= 2000)
    assert.equal((part.text.match(/^```/gm) ?? []).length % 2, 0)
  }
  const said = parts.flatMap(part => part.text.split('\n').filter(line => line.startsWith('let ')))
  assert.equal(said.join('\n'), code)
})

test('what a person answers and hands on is read as that, and a reply in a channel names its message', async () => {
  const next = requests()
  const kitchen = discordChat(discord, '501')
  const asked = discord.write(
    bob,
    '<@900> is that so?',
    inChannel('501', {
      ...mention,
      type: 19,
      referenced_message: {
        id: '1',
        content: 'it rains',
        author: { id: alice.id, username: 'alice', global_name: 'Alice' },
      },
    }),
  )
  const reply = await kitchen.reply()
  assert.match(newest((await next()).body), /in answer to Alice: “it rains”\]\n {2}is that so\?/)
  assert.deepEqual(reply.body.message_reference, { message_id: asked.id, fail_if_not_exists: false })
  const bobs = direct(bob)
  discord.write(bob, '', {
    extra: { message_snapshots: [{ message: { content: 'buy now', attachments: [] } }] },
  })
  await bobs.reply()
  assert.match(newest((await next(2)).body), /^\[forwarded:\] buy now$/)
})

test('a long reply grows in one message under the platform’s limits, and ends as the exact reply', async () => {
  const bobs = direct(bob)
  const words = Array.from({ length: 60 }, (_, n) => `word${n}`).join(' ')
  stage.model.next(say(`**Well.** ${words}`, { paceMs: 60 }))
  discord.fail(/^PATCH/, { status: 429, retryAfter: 0.5 })
  discord.write(bob, 'tell me more')
  const shown = await bobs.reply()
  assert.match(shown.text, /…$/)
  discord.fail(/^PATCH/, 'drop after')
  await until('the whole reply', () => shown.text === `**Well.** ${words}`)
  assert.equal(bobs.sent().length, 1)
})

test('with /verbose, as a native command, the tool steps are shown, even those of a quick turn', async () => {
  const bobs = direct(bob)
  const texts = () => discord.calls.map(({ body }) => String(body.content ?? '')).join('\n')
  interactOnDiscord(discord, bob, { command: 'verbose', text: 'on' })
  await bobs.said(/Tool steps are shown/)
  stage.model.next(use('memory_search', { query: 'keys' }), say('On the hook.'))
  discord.write(bob, 'where are the keys?')
  await bobs.said(/^On the hook\.$/)
  assert.match(texts(), /▸ memory_search/)
  interactOnDiscord(discord, bob, { command: 'verbose', text: 'off' })
  await bobs.said(/not shown/)
})

test('edits before the answer count, a message taken back is not answered, and one taken back later is noted', async () => {
  const bobs = direct(bob)
  const next = requests()
  stage.model.next(say('slow', { delayMs: 700 }))
  const first = discord.write(bob, 'one')
  await next()
  const edited = discord.write(bob, 'meet at seven')
  const dropped = discord.write(bob, 'forget that')
  discord.dispatch('MESSAGE_UPDATE', {
    ...edited,
    content: 'meet at eight',
    edited_timestamp: new Date().toISOString(),
  })
  discord.dispatch('MESSAGE_DELETE_BULK', { ids: [dropped.id], channel_id: dropped.channel_id })
  await bobs.reply(2)
  assert.equal(newest((await next(2)).body), 'meet at eight')
  discord.dispatch('MESSAGE_DELETE', { id: first.id, channel_id: first.channel_id })
  discord.write(bob, 'well?')
  await bobs.reply(3)
  assert.match(text(await next(3)), /took back the message: “one”/)
  assert.equal(bobs.sent().length, 3)
})

test('pictures reach the model, files are kept, voice is words once there is an endpoint, what is gone is said', async () => {
  const bobs = direct(bob)
  const next = requests()
  const file = (filename: string, content_type: string, size = 8) => ({
    id: '2',
    filename,
    content_type,
    size,
    url: `${cdn.url}/${filename}`,
  })
  discord.write(bob, 'look', {
    extra: { attachments: [file('cat.png', 'image/png'), file('gone.pdf', 'application/pdf')] },
  })
  await bobs.reply()
  assert.equal((await next()).body.messages.at(-1)!.content.filter(block => block.type === 'image').length, 1)
  assert.match(text(await next()), /gone\.pdf, which could not be had/)
  const voice = { extra: { attachments: [file('voice-message.ogg', 'audio/ogg')], flags: 8192 } }
  discord.write(bob, '', voice)
  await bobs.reply(2)
  assert.match(text(await next(2)), /cannot listen to: no \[transcription\] is configured/)
  await stage.configure(toml => `${toml}\n[transcription]\nbase_url = "${cdn.url}"\n`)
  discord.write(bob, '', voice)
  await bobs.reply(3)
  assert.match(text(await next(3)), /which says:\] call me back/)
  discord.write(bob, '', { extra: { sticker_items: [{ id: '1', name: 'wave', format_type: 1 }] } })
  await bobs.reply(4)
  assert.match(newest((await next(4)).body), /^\[sticker wave\]$/)
})

test('a file lies in the folder of who sent it', boxTests, async () => {
  const bobs = direct(bob)
  const next = requests()
  discord.write(bob, 'keep it', {
    extra: {
      attachments: [
        {
          id: '3',
          filename: 'rent.pdf',
          content_type: 'application/pdf',
          size: 8,
          url: `${cdn.url}/rent.pdf`,
        },
      ],
    },
  })
  await bobs.reply()
  assert.match(text(await next()), /rent\.pdf, kept as users\/bob\/inbox\/rent\.pdf/)
  const kept = join(stage.home.dir, 'workspaces', 'default', 'users', 'bob', 'inbox', 'rent.pdf')
  assert.deepEqual(readFileSync(kept), png)
})

test(
  'a file of the agent arrives under its own name, and one that Discord does not take is told to the owner',
  boxTests,
  async () => {
    const alices = direct(alice)
    const send = (path: string) => use('send_file', { path, caption: `Here is ${path}` })
    stage.model.next(
      use('bash', { command: "printf 'a,b\\n' >report.csv" }),
      send('report.csv'),
      say('There.'),
    )
    discord.write(alice, 'the report, please')
    await alices.said(/^There\.$/)
    const [file] = alices.sent()
    assert.equal(file?.text, 'Here is report.csv')
    assert.equal(Buffer.from(file.files.get('report.csv')!).toString(), 'a,b\n')
    stage.model.next(
      use('bash', { command: 'head -c 11000000 /dev/zero >big.bin' }),
      send('big.bin'),
      say('There too.'),
    )
    discord.write(alice, 'and all of it')
    await alices.said(
      /could not be delivered: big\.bin is larger than the 10 MB that Discord takes from a bot/,
    )
  },
)

test('a reaction answers a question, or is a note for the next turn; the agent reacts too', async () => {
  const react = (who: DiscordUser, message: string, emoji: string) =>
    discord.dispatch('MESSAGE_REACTION_ADD', {
      user_id: who.id,
      channel_id: discord.direct(who.id),
      message_id: message,
      message_author_id: discord.self.id,
      emoji: { id: null, name: emoji },
      burst: false,
      type: 0,
    })
  const alices = direct(alice)
  const bobs = direct(bob)
  const next = requests()
  stage.model.next(use('message', { to: 'Bob', text: 'Dinner at eight.' }))
  discord.write(alice, 'tell Bob')
  react(alice, (await alices.said(/\/approve/)).id, '👍')
  await alices.said(/^Approved\.$/)
  const told = await bobs.said(/Dinner at eight\./)
  const asked = direct(alice)
  stage.model.next(use('message', { to: 'Bob', text: 'At nine, then.' }))
  discord.write(alice, 'correct that')
  react(alice, (await asked.said(/\/approve/)).id, '👎')
  await asked.said(/^Denied\.$/)
  react(bob, told.id, '❤️')
  stage.model.next(use('react', { emoji: '🔥' }), say('Noted.'))
  const message = discord.write(bob, 'thanks')
  await bobs.said(/^Noted\.$/)
  const seen = await until('the note', () =>
    stage.model.requests.find(request => /thanks/.test(newest(request.body))),
  )
  assert.match(text(seen), /reacted with ❤️ to: “Alice says: Dinner/)
  await until('the sign', () =>
    discord.calls.some(
      ({ method, path }) => method === 'PUT' && path.endsWith(`/messages/${message.id}/reactions/🔥/@me`),
    ),
  )
  await next()
})

test('buttons answer a question, choose a model and let a stranger in; each press is acknowledged', async () => {
  const alices = direct(alice)
  const acknowledged = (id: string) =>
    until(`the word on ${id}`, () =>
      discord.calls.some(({ path }) => path.startsWith(`/interactions/${id}/`)),
    )
  stage.model.next(use('message', { to: 'Bob', text: 'At nine.' }))
  discord.write(alice, 'tell Bob that')
  const question = await alices.said(/\/approve/)
  await acknowledged(interactOnDiscord(discord, alice, { button: buttonOn(question, /^No$/) }))
  await alices.said(/^Denied\.$/)
  await acknowledged(interactOnDiscord(discord, alice, { command: 'models' }))
  const models = await alices.said(/anthropic\//)
  interactOnDiscord(discord, alice, { button: buttonOn(models, /^offline\/coop$/) })
  await alices.said(/Answering from now on: offline\/coop/)
  interactOnDiscord(discord, alice, { command: 'model', text: 'default' })
  await alices.said(/Answering: anthropic/)
  discord.write({ id: '7777', name: 'Mallory' }, 'hello?')
  const asked = await alices.said(/^Mallory wrote to me/)
  interactOnDiscord(discord, alice, { button: buttonOn(asked, /^Let in, familiar$/) })
  await alices.said(/Mallory is known now, as familiar/)
  await until('the commands', () =>
    discord.calls.some(call => call.method === 'PUT' && /\/commands$/.test(call.path)),
  )
})

test('a channel is answered when the agent is named; what was said before is context with its speakers', async () => {
  const kitchen = discordChat(discord, '501')
  const next = requests()
  for (const n of [1, 2, 3, 4]) discord.write(n % 2 ? bob : alice, `quiet ${n}`, inChannel('501'))
  discord.write(bob, '<@900> what did we say?', inChannel('501', mention))
  await kitchen.reply()
  const said = wordsIn((await next()).body)
  assert.deepEqual(
    said.filter(words => /quiet/.test(words)),
    ['Alice: quiet 2', 'Bob: quiet 3', 'Alice: quiet 4'],
  )
  assert.match(text(await next()), /#kitchen.*Readers: Alice, Bob\./)
  assert.doesNotMatch(text(await next()), /people you do not know/)
  discord.write(alice, 'ask the butler', inChannel('501'))
  await kitchen.reply(2)
  const thread = discordChat(discord, '502')
  discord.write(bob, '<@900> and here?', inChannel('502', mention))
  await thread.reply()
  assert.doesNotMatch(JSON.stringify((await next(3)).body.messages), /quiet/)
})

test('a channel may be answered always, or when a pattern fits; NO_REPLY is silence; an unlisted one is ignored', async () => {
  const hall = discordChat(discord, '503')
  const table = discordChat(discord, '504')
  const alices = direct(alice)
  const next = requests()
  stage.model.next(say('NO_REPLY'))
  discord.write(bob, 'nothing to answer', inChannel('503'))
  await next()
  discord.write(bob, 'and this?', inChannel('503'))
  assert.match((await hall.reply()).text, /and this\?/)
  assert.equal(hall.sent().length, 1)
  discord.write(bob, 'lunch is over', inChannel('504'))
  discord.write(bob, 'what is for dinner?', inChannel('504'))
  assert.match((await table.reply()).text, /dinner/)
  assert.equal(table.sent().length, 1)
  discord.write(mallory, '<@900> hello?', inChannel('505', mention))
  await alices.said(/match = "discord:505"/)
  assert.equal(discord.sent('505').length, 0)
})

test('a person who comes to see the channel narrows what it opens, and what was said before is gone', async () => {
  const kitchen = discordChat(discord, '501')
  const next = requests()
  discord.write(bob, '<@900> the safe is behind the clock', inChannel('501', mention))
  await kitchen.reply()
  assert.ok(toolsOf(await next()).includes('memory_search'))
  const member = (roles: readonly string[]) =>
    discord.dispatch('GUILD_MEMBER_UPDATE', {
      guild_id: '500',
      user: { id: mallory.id, username: 'mallory' },
      roles,
    })
  member(['510'])
  discord.write(bob, '<@900> where is it?', inChannel('501', mention))
  await kitchen.reply(2)
  assert.deepEqual(toolsOf(await next(2)), [])
  assert.doesNotMatch(text(await next(2)), /behind the clock/)
  assert.match(text(await next(2)), /people you do not know/)
  member([])
})

test('an event of a shape that nobody foresaw stops nothing', async () => {
  const bobs = direct(bob)
  discord.dispatch('MESSAGE_CREATE', { id: 'x', author: {}, type: 0, channel_id: null, content: 7 })
  discord.dispatch('INTERACTION_CREATE', { id: '1', type: 3, channel: { id: '1' }, user: { id: '1' } })
  discord.dispatch('MESSAGE_REACTION_ADD', { user_id: '1' })
  discord.write(bob, 'still there?')
  assert.equal((await bobs.reply()).text, 'heard: still there?')
})

test('a send that is limited, fails or loses its answer arrives once', async () => {
  const bobs = direct(bob)
  const send = /^POST \/channels\/\d+\/messages$/
  discord.fail(send, { status: 429, retryAfter: 0.3 })
  discord.fail(send, { status: 503 })
  discord.fail(send, 'drop after')
  discord.write(bob, 'through all of that')
  assert.equal((await bobs.reply()).text, 'heard: through all of that')
  discord.write(bob, 'next')
  await bobs.reply(2)
  assert.equal(bobs.sent().length, 2)
})

test('a connection that breaks, is sent away, goes silent or loses its session is made again, and nothing is lost', async () => {
  const bobs = direct(bob)
  const broken: [string, () => void][] = [
    ['torn', () => discord.hangUp(1006)],
    ['closed', () => discord.hangUp(4000)],
    ['asked to reconnect', () => discord.reconnect()],
    [
      'session gone',
      () => {
        discord.forgetSessions()
        discord.hangUp(4009)
      },
    ],
  ]
  for (const [how, breaks] of broken) {
    breaks()
    discord.write(bob, how)
    await bobs.said(new RegExp(`^heard: ${how}$`))
  }
  discord.resumeFaults.push('tear', 'send away', 'garbage')
  discord.hangUp(1006)
  discord.write(bob, 'broken while it resumed')
  await bobs.said(/^heard: broken while it resumed$/)
  assert.doesNotMatch(stage.gateway.stderr(), /^coop: /m)
  discord.hangUp(1006)
  discord.reachable = false
  discord.write(bob, 'while away')
  await until('it is told', async () => /discord {2}reconnecting: /.test(await channels()))
  discord.reachable = true
  await bobs.said(/^heard: while away$/)
  assert.match(await channels(), /discord {2}connected \(last error .* UTC: /)
  assert.equal(bobs.sent().length, broken.length + 2)
})

test('a connection that is open and dead is given up, and what was said into it is answered', async () => {
  const bobs = direct(bob)
  discord.heartbeatMs = 300
  discord.hangUp(1006)
  const resumed = discord.resumed
  await until('the quick heartbeats', () => discord.resumed > resumed)
  discord.alive = false
  discord.write(bob, 'into the void')
  await until('a new connection', () => discord.resumed > resumed + 1)
  discord.alive = true
  discord.heartbeatMs = 41_250
  await bobs.said(/^heard: into the void$/)
  assert.match(await channels(), /discord {2}connected \(last error/)
  discord.hangUp(1006)
})

test('a platform on which everything takes its time is answered once, in order', async () => {
  const bobs = direct(bob)
  discord.latencyMs = 700
  discord.write(bob, 'slow one')
  discord.write(bob, 'slow two')
  await bobs.said(/slow two/)
  discord.latencyMs = 0
  assert.deepEqual(
    bobs.sent().map(sent => sent.text),
    ['heard: slow one', 'heard: slow two'],
  )
})

test('a platform whose clock differs from ours makes no message look old', async () => {
  const bobs = direct(bob)
  const next = requests()
  discord.clockAheadMs = -7_200_000
  discord.write(bob, 'written just now', {
    extra: { timestamp: new Date(Date.now() - 7_200_000).toISOString() },
  })
  await bobs.reply()
  assert.doesNotMatch(
    text(await next())
      .split('written just now')[0]!
      .slice(-400),
    /this was written/,
  )
  discord.clockAheadMs = 0
})

test('events that come twice, and an edit that overtakes its message, are answered once and as they read last', async () => {
  const bobs = direct(bob)
  const message = discord.write(bob, 'only once')
  discord.dispatch('MESSAGE_CREATE', message)
  await bobs.reply()
  const later = { ...message, id: String(BigInt(message.id) + 5n), content: 'buy milk' }
  discord.dispatch('MESSAGE_UPDATE', {
    ...later,
    content: 'buy oat milk',
    edited_timestamp: new Date().toISOString(),
  })
  discord.dispatch('MESSAGE_CREATE', later)
  assert.equal((await bobs.reply(2)).text, 'heard: buy oat milk')
  assert.equal(bobs.sent().length, 2)
})

test('what was written while the gateway was down is answered with its time: in direct chats, channels, and threads old and new', async () => {
  const bobs = direct(bob)
  const alices = direct(alice)
  const hall = discordChat(discord, '503')
  const shopping = discordChat(discord, '502')
  const next = requests()
  discord.write(bob, 'before')
  discord.write(alice, 'before')
  await bobs.reply()
  await alices.reply()
  // A reply that it does not know to be out would be said again.
  await until('the word on both', () => !stored("SELECT 1 FROM outbox WHERE state IN ('queued', 'sending')"))
  await stage.gateway.kill()
  discord.forgetSessions()
  const at = Date.now() - 2 * 3_600_000
  discord.write(bob, 'meanwhile', { extra: { timestamp: new Date(at).toISOString() } })
  discord.addThread('500', { id: '506', name: 'garden', parent: '501' })
  discord.write(bob, '<@900> in a new thread', inChannel('506', mention))
  discord.write(alice, 'and mine')
  discord.write(bob, 'anybody in the hall?', inChannel('503'))
  discord.write(bob, '<@900> milk?', inChannel('502', mention))
  const garden = discordChat(discord, '506')
  await stage.start()
  assert.equal((await alices.reply(2)).text, 'heard: and mine')
  assert.match((await hall.reply()).text, /anybody in the hall/)
  assert.match((await shopping.reply()).text, /milk/)
  assert.equal((await bobs.reply(2)).text, 'heard: meanwhile')
  assert.match((await garden.reply()).text, /in a new thread/)
  const seen = await until('the request', () =>
    stage.model.requests.find(({ body }) => newest(body) === 'meanwhile'),
  )
  assert.match(text(seen), /this was written \w{3} \d+/)
  assert.equal(bobs.sent().length, 2)
  await next()
})

test('a reply to a channel that was taken out of the configuration meanwhile is told to the owner', async () => {
  const alices = direct(alice)
  const next = requests()
  stage.model.next(say('too late', { delayMs: 1_500 }))
  stage.telegram.write({ id: 1003, name: 'Carol' }, 'are you there?')
  await next()
  const [telegram] = /\[channels\.telegram\]\n.*\n.*\n/.exec(stage.toml()) ?? ['']
  await stage.configure(toml => toml.replace(telegram, ''))
  await alices.said(/telegram.* could not be delivered: the channel telegram is no longer configured/)
  await stage.configure(toml => `${telegram}${toml}`)
})

test('a token that Telegram no longer knows stops Telegram alone, and the owner is told on Discord', async () => {
  const alices = direct(alice)
  stage.telegram.fail('getUpdates', { status: 401, description: 'Unauthorized' }, 1_000)
  stage.telegram.fail('getMe', { status: 401, description: 'Unauthorized' }, 1_000)
  stage.telegram.write({ id: 1003, name: 'Carol' }, 'hello?')
  await alices.said(/The channel telegram stopped: Telegram does not know this bot token/)
  assert.match(await channels(), /telegram {2}failed: Telegram does not know this bot token/)
  const bobs = direct(bob)
  discord.write(bob, 'and here?')
  assert.equal((await bobs.reply()).text, 'heard: and here?')
})

test('a refused token stops Discord for good, and says what to do', async () => {
  discord.refuse = 4004
  discord.forgetSessions()
  discord.hangUp(4000)
  await until('it has failed', async () =>
    /discord {2}failed: Discord does not know this bot token/.test(await channels()),
  )
  assert.match((await runCoop(stage.home, ['doctor'])).stdout, /discord is not connected/)
})
