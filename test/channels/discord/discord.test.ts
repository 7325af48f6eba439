// Discord beyond the contract: staying up, who can view, edits, files, and what goes wrong.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { createDiscord } from '../../../channels/discord/discord.ts'
import { timeOf } from '../../../channels/discord/inbound.ts'
import { silentLog } from '../../../src/log.ts'
import { until } from '../../support/until.ts'
import { ready } from '../contract.ts'
import { listen } from '../listener.ts'
import { alice, openDiscordRig } from './rig.ts'

const bob = { id: '1002', name: 'Bob' }
const carol = { id: '1003', name: 'Carol' }
const mallory = { id: '6666', name: 'Mallory' }
const never = new AbortController().signal
const view = 1n << 10n
const administrator = 1n << 3n
const kitchen = { channel: 'discord', kind: 'group', id: '501' } as const

async function withGuild() {
  const rig = await openDiscordRig()
  rig.discord.addGuild({
    id: '500',
    owner: alice.id,
    roles: [
      { id: '510', permissions: 0n },
      { id: '511', permissions: administrator },
    ],
    channels: [
      {
        id: '501',
        name: 'kitchen',
        overwrites: [
          { id: '500', type: 0, allow: '0', deny: String(view) },
          { id: '510', type: 0, allow: String(view), deny: '0' },
          { id: mallory.id, type: 1, allow: '0', deny: String(view) },
        ],
      },
      { id: '503', name: 'hall' },
    ],
    threads: [{ id: '502', name: 'shopping', parent: '501' }],
    members: [
      { user: alice },
      { user: bob, roles: ['510'] },
      { user: carol },
      { user: mallory, roles: ['510'] },
      { user: { id: '1005', name: 'Bob' }, roles: ['511'] },
      { user: rig.discord.self, roles: ['510'] },
    ],
  })
  return rig
}

test('members are those who can view the channel: owner, administrators, roles, and overwrites nearest last', async () => {
  await using rig = await withGuild()
  await using channel = await rig.channel()
  assert.equal((await channel.members!(kitchen, never)).kind, 'unknown')
  await using _listener = listen(channel)
  await ready(channel)
  const seen = async (id: string) => {
    const membership = await channel.members!({ ...kitchen, id }, never)
    return membership.kind === 'list' ? [...membership.ids].sort() : membership
  }
  await until('the server is known', async () => Array.isArray(await seen('501')))
  assert.deepEqual(await seen('501'), ['1001', '1002', '1005'])
  assert.deepEqual(await seen('503'), ['1001', '1002', '1003', '1005', '6666'])
  rig.discord.dispatch('GUILD_MEMBER_ADD', { guild_id: '500', user: { id: '1009' }, roles: ['510'] })
  await until('the new member', async () => ((await seen('501')) as string[]).includes('1009'))
  rig.discord.dispatch('GUILD_MEMBER_REMOVE', { guild_id: '500', user: { id: bob.id } })
  await until('who left', async () => !((await seen('501')) as string[]).includes(bob.id))
  rig.discord.dispatch('CHANNEL_UPDATE', {
    id: '501',
    type: 0,
    name: 'kitchen',
    guild_id: '500',
    permission_overwrites: [],
  })
  await until('the opened channel', async () => ((await seen('501')) as string[]).includes(carol.id))
})

test('in a server that anybody can look into, a channel that everybody may view has readers nobody knows', async () => {
  await using rig = await withGuild()
  await using channel = await rig.channel()
  await using _listener = listen(channel)
  await ready(channel)
  const seen = async (id: string) => (await channel.members!({ ...kitchen, id }, never)).kind
  await until('the server is known', async () => (await seen('503')) === 'list')
  rig.discord.dispatch('GUILD_UPDATE', { id: '500', owner_id: alice.id, features: ['DISCOVERABLE'] })
  await until('what is open to everybody', async () => (await seen('503')) === 'unknown')
  assert.equal(await seen('501'), 'list')
})

test('a membership that cannot be read is unknown by its fault, never a shorter list', async () => {
  await using rig = await withGuild()
  rig.discord.fail(/^GET \/guilds\/500\/members/, { status: 403, code: 50_001, message: 'Missing Access' })
  await using channel = await rig.channel()
  await using _listener = listen(channel)
  await ready(channel)
  await assert.rejects(
    until('the list', async () => (await channel.members!(kitchen, never)).kind === 'list'),
    /Missing Access/,
  )
})

test('a broken connection is resumed, and a session that Discord forgot is begun anew with its history read', async () => {
  await using rig = await openDiscordRig()
  const { discord } = rig
  await using channel = await rig.channel()
  await using listener = listen(channel)
  await ready(channel)
  await rig.write('one')
  await listener.take(1)
  discord.hangUp(1006)
  await rig.write('two')
  await until('two', () => listener.stored.some(message => message.text === 'two'))
  await ready(channel)
  assert.deepEqual([discord.identified, discord.resumed], [1, 1])
  discord.forgetSessions()
  discord.hangUp(4000)
  await rig.write('three')
  await until('three', () => listener.stored.some(message => message.text === 'three'))
  assert.equal(discord.identified, 2)
})

test('a connection whose heartbeats go unanswered is given up and made anew', async () => {
  await using rig = await openDiscordRig()
  rig.discord.heartbeatMs = 1_000
  await using channel = await rig.channel()
  await using _listener = listen(channel)
  await ready(channel)
  rig.discord.alive = false
  await until('a new connection', () => rig.discord.resumed > 0)
  rig.discord.alive = true
  await ready(channel)
})

test('a connection that breaks while it resumes, in whatever way, is resumed in the end and loses nothing', async () => {
  await using rig = await openDiscordRig()
  await using channel = await rig.channel()
  await using listener = listen(channel)
  await ready(channel)
  await rig.write('one')
  await listener.take(1)
  rig.discord.resumeFaults.push('tear', 'send away', 'garbage')
  rig.discord.hangUp(1006)
  await rig.write('two')
  await until('two', () => listener.stored.some(message => message.text === 'two'))
  assert.deepEqual([rig.discord.resumeFaults, rig.discord.identified, rig.discord.resumed], [[], 1, 1])
})

test('Discord is asked where its gateway is, again while it does not say, and when it takes no new connection', async () => {
  await using rig = await openDiscordRig({ named: false })
  const { discord } = rig
  discord.fail(/^GET \/gateway\/bot$/, { status: 502 })
  discord.sessionsLeft = 0
  await using channel = await rig.channel()
  await using listener = listen(channel)
  const told = (words: RegExp) =>
    until(`${words}`, () => {
      const state = channel.state()
      return 'error' in state && words.test(state.error)
    })
  await told(/cannot be reached/)
  await told(/no more new connections/)
  discord.sessionsLeft = 1
  await ready(channel)
  // Going on with a session begins none.
  discord.sessionsLeft = 0
  discord.hangUp(1006)
  await rig.write('hello')
  await listener.take(1)
  assert.deepEqual([discord.identified, discord.resumed], [1, 1])
})

test('a slow platform loses nothing and keeps the order', async () => {
  await using rig = await openDiscordRig()
  rig.discord.latencyMs = 300
  await using channel = await rig.channel()
  await using listener = listen(channel)
  await ready(channel)
  const words = Array.from({ length: 5 }, (_, n) => `slow ${n}`)
  for (const word of words) {
    await rig.write(word)
    if (word === 'slow 2') rig.discord.hangUp(1006)
  }
  await until('all of them', () => new Set(listener.stored.map(message => message.text)).size === 5)
  assert.deepEqual([...new Set(listener.stored.map(message => message.text))], words)
})

test('a gateway that never takes the call does not hold the channel when it is taken down', async () => {
  await using rig = await openDiscordRig()
  const silent = createServer()
  await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo
  const called = once(silent, 'connection')
  const channel = createDiscord(
    { token: rig.discord.token, apiRoot: rig.discord.url, gatewayUrl: `ws://127.0.0.1:${port}` },
    { log: silentLog(), cursors: rig.cursors },
  )
  const listener = listen(channel)
  await called
  await listener[Symbol.asyncDispose]()
  await channel[Symbol.asyncDispose]()
  silent.close()
})

test('refused intents fail the channel for good and say which switches to set', async () => {
  await using rig = await openDiscordRig()
  rig.discord.refuse = 4014
  await using channel = await rig.channel()
  await using listener = listen(channel)
  await listener.ended
  const state = channel.state()
  assert.match('error' in state ? state.error : '', /Message Content Intent/)
})

test('a gateway that is away is tried again until it is back', async () => {
  await using rig = await openDiscordRig()
  rig.discord.reachable = false
  await using channel = await rig.channel()
  await using _listener = listen(channel)
  await until('it is told', () => channel.state().kind === 'reconnecting')
  rig.discord.reachable = true
  await ready(channel)
})

test('a backlog longer than a page is read whole and in order', async () => {
  await using rig = await openDiscordRig()
  {
    await using channel = await rig.channel()
    await using listener = listen(channel)
    await ready(channel)
    await rig.write('first')
    await listener.take(1)
  }
  for (let n = 0; n < 250; n++) await rig.write(`missed ${n}`)
  await using channel = await rig.channel()
  await using listener = listen(channel)
  await until('the backlog', () => listener.stored.length >= 250)
  assert.deepEqual(
    listener.stored.map(message => message.text),
    Array.from({ length: 250 }, (_, n) => `missed ${n}`),
  )
})

test('the first words ever of somebody of the household are read up too, and of nobody else', async () => {
  await using rig = await openDiscordRig()
  {
    await using channel = await rig.channel()
    await using listener = listen(channel)
    await ready(channel)
    await rig.write('before')
    await listener.take(1)
  }
  rig.people.push(bob.id, carol.id)
  rig.discord.write(bob, 'hello, it is me')
  rig.discord.write(mallory, 'let me in')
  rig.discord.fail(/^POST \/users\/@me\/channels$/, {
    status: 400,
    code: 50_033,
    message: 'Invalid Recipient',
  })
  rig.discord.fail(/^POST \/users\/@me\/channels$/, 'drop')
  rig.people.push(alice.id, '1008')
  rig.people.unshift('1007')
  await using channel = await rig.channel()
  await using listener = listen(channel)
  await ready(channel)
  await listener.take(1)
  await until('the rest was looked for', () =>
    rig.discord.calls.some(({ path }) => path === `/channels/${rig.discord.direct('1008')}/messages`),
  )
  rig.discord.write(alice, 'now')
  const taken = await listener.take(2)
  assert.deepEqual(
    taken.map(message => [message.sender.id, message.text]),
    [
      [bob.id, 'hello, it is me'],
      [alice.id, 'now'],
    ],
  )
})

test('edits and deletions name the message they change, and previews that Discord adds are no edit', async () => {
  await using rig = await openDiscordRig()
  await using channel = await rig.channel()
  await using listener = listen(channel)
  await ready(channel)
  const message = rig.discord.write(alice, 'meet at seven')
  rig.discord.dispatch('MESSAGE_UPDATE', { ...message, embeds: [{}] })
  rig.discord.dispatch('MESSAGE_UPDATE', {
    ...message,
    content: 'meet at eight',
    edited_timestamp: new Date().toISOString(),
  })
  rig.discord.dispatch('MESSAGE_DELETE', { id: message.id, channel_id: message.channel_id })
  const [, edit, deletion] = await listener.take(3)
  assert.equal(edit?.text, 'meet at eight')
  assert.deepEqual(edit?.revises, { externalId: message.id })
  assert.deepEqual(deletion?.revises, { externalId: message.id, deleted: true })
  assert.equal(deletion?.sender.id, alice.id)
})

test('words are read with mentions as names; stickers, files and forwards are told', async () => {
  await using rig = await openDiscordRig()
  await using channel = await rig.channel()
  await using listener = listen(channel)
  await ready(channel)
  rig.discord.write(alice, '<@1002> look <:smile:77>', {
    extra: {
      mentions: [{ id: '1002', username: 'bob', global_name: 'Bob' }],
      sticker_items: [{ id: '1', name: 'wave', format_type: 1 }],
      attachments: [
        { id: '2', filename: 'a.png', content_type: 'image/png', size: 3, url: 'http://127.0.0.1/a' },
      ],
    },
  })
  const [message] = await listener.take(1)
  assert.equal(message?.text, '@Bob look :smile:\n[sticker wave]')
  assert.deepEqual(message?.attachments?.[0], {
    kind: 'image',
    name: 'a.png',
    mime: 'image/png',
    size: 3,
    handle: 'http://127.0.0.1/a',
  })
})

test('messages of other bots are not heard, lest two of them talk for ever', async () => {
  await using rig = await openDiscordRig()
  await using channel = await rig.channel()
  await using listener = listen(channel)
  await ready(channel)
  rig.discord.write(alice, 'beep', { extra: { author: { id: '8', username: 'robot', bot: true } } })
  rig.discord.write(alice, 'hello')
  const [message] = await listener.take(1)
  assert.equal(message?.text, 'hello')
})

test('a sent message rings nobody, carries its files and buttons, and answers what it answers', async () => {
  await using rig = await openDiscordRig()
  await using channel = await rig.channel()
  await channel.send(
    {
      key: 'k',
      place: rig.place,
      text: '@everyone look',
      replyTo: '55',
      choices: [{ id: '/approve ABC', label: 'Yes' }],
      attachments: [{ name: 'a.txt', mime: 'text/plain', bytes: new Uint8Array([65]) }],
    },
    never,
  )
  const [sent] = rig.discord.sent()
  assert.deepEqual(sent?.body.allowed_mentions, { parse: [] })
  assert.deepEqual([...(sent?.files.get('a.txt') ?? [])], [65])
  assert.match(JSON.stringify(sent?.body.components), /"custom_id":"\/approve ABC"/)
  assert.deepEqual(sent?.body.message_reference, { message_id: '55', fail_if_not_exists: false })
})

test('files go under a draft that becomes the reply, and a repeat adds nothing', async () => {
  await using rig = await openDiscordRig()
  await using channel = await rig.channel()
  const draft = await channel.draft!({ key: 'd', place: rig.place, text: 'half …' }, never)
  assert.ok(draft.kind === 'sent' && draft.externalId)
  const attachments = [{ name: 'a.pdf', mime: 'application/pdf', bytes: new Uint8Array([65]) }]
  const part = { key: 'k', place: rig.place, text: 'Here.', replaces: draft.externalId, attachments }
  for (let n = 0; n < 2; n++) assert.equal((await channel.send(part, never)).kind, 'sent')
  const [sent, ...more] = rig.discord.sent()
  assert.deepEqual([sent?.text, [...(sent?.files.keys() ?? [])], more], ['Here.', ['a.pdf'], []])
  const many = Array.from({ length: 11 }, () => attachments[0]!)
  const refused = await channel.send({ key: 'l', place: rig.place, text: 'x', attachments: many }, never)
  assert.match('reason' in refused ? refused.reason : '', /at most 10 files/)
})

test('timeOf reads when a snowflake was made', () => {
  assert.equal(timeOf('175928847299117063'), 1_462_015_105_796)
})
