// Every kind of event that Discord sends, read as it is meant; broken ones stop nothing.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { GatewayDispatchEvents } from 'discord-api-types/v10'
import fc from 'fast-check'
import { until } from '../../support/until.ts'
import { ready } from '../contract.ts'
import { listen } from '../listener.ts'
import { maimed } from '../maimed.ts'
import { alice, openDiscordRig } from './rig.ts'

interface Case {
  readonly case: string
  readonly type: string
  readonly data: Record<string, unknown>
  /** What must be in the message that it becomes; null where nobody said anything. */
  readonly inbound: object | null
}

const folder = join(import.meta.dirname, 'payloads')
const files = readdirSync(folder).map(file => ({
  file,
  cases: JSON.parse(readFileSync(join(folder, file), 'utf8')) as Case[],
}))

async function household() {
  const rig = await openDiscordRig()
  rig.discord.addGuild({
    id: '500',
    owner: alice.id,
    roles: [{ id: '511', permissions: 0n, tags: { bot_id: '900' } }],
    channels: [{ id: '501', name: 'kitchen' }],
    threads: [{ id: '502', name: 'shopping', parent: '501' }],
    members: [{ user: alice }],
  })
  return rig
}

test('each event becomes the message that it is meant as, or none', async () => {
  await using rig = await household()
  await using channel = await rig.channel()
  await using listener = listen(channel)
  await ready(channel)
  const cases = files.flatMap(({ cases: all }) => all)
  // A mark behind each, so that it is known what came of it.
  for (const [index, { type, data }] of cases.entries()) {
    rig.discord.dispatch(type, data)
    rig.discord.write(alice, `mark ${index}`)
  }
  const last = `mark ${cases.length - 1}`
  await until('the last mark', () => listener.stored.some(({ text }) => text === last))
  let from = 0
  for (const [index, one] of cases.entries()) {
    const mark = listener.stored.findIndex(({ text }) => text === `mark ${index}`)
    const came = listener.stored.slice(from, mark)
    from = mark + 1
    assert.equal(came.length, one.inbound === null ? 0 : 1, `${one.type}: ${one.case}`)
    if (one.inbound !== null) assert.partialDeepStrictEqual(came[0], one.inbound, `${one.type}: ${one.case}`)
  }
})

test('no event but words, edits, reactions, presses and deletions is a message, whatever it holds', async () => {
  await using rig = await household()
  await using channel = await rig.channel()
  await using listener = listen(channel)
  await ready(channel)
  const said = /^(MESSAGE_(CREATE|UPDATE|DELETE|DELETE_BULK|REACTION_ADD)|INTERACTION_CREATE|READY|RESUMED)$/
  const [words] = files.find(({ file }) => file === 'message-create.json')!.cases
  for (const type of Object.values(GatewayDispatchEvents).filter(name => !said.test(name)))
    rig.discord.dispatch(type, { ...words!.data, guild_id: '500', user: { id: '1001' } })
  rig.discord.write(alice, 'the last of them')
  const [first] = await listener.take(1)
  assert.equal(first?.text, 'the last of them')
})

test('a server whose news cannot be read is one of which nothing is known', async () => {
  await using rig = await household()
  for (const id of ['510', '520', '530'])
    rig.discord.addGuild({
      id,
      owner: alice.id,
      channels: [{ id: `${id}1`, name: 'a' }],
      members: [{ user: alice }],
    })
  await using channel = await rig.channel()
  await using listener = listen(channel)
  await ready(channel)
  const kind = async (id: string) =>
    (await channel.members!({ channel: 'discord', kind: 'group', id }, new AbortController().signal)).kind
  const unreadable = [
    ['5101', 'GUILD_MEMBER_ADD', { guild_id: '510' }],
    ['5201', 'GUILD_ROLE_UPDATE', { guild_id: '520', role: null }],
    ['501', 'GUILD_CREATE', { id: '500', owner_id: '1001' }],
    ['5301', 'GUILD_MEMBER_REMOVE', null],
  ] as const
  for (const [id] of unreadable) await until('the list', async () => (await kind(id)) === 'list')
  for (const [id, type, data] of unreadable) {
    assert.equal(await kind(id), 'list')
    rig.discord.dispatch(type, data as never)
    await until(`after ${type}`, async () => (await kind(id)) === 'unknown')
  }
  rig.discord.write(alice, 'still there?')
  await until('the words', () => listener.stored.some(({ text }) => text === 'still there?'))
})

test('events that are maimed and doubled stop nothing that comes after them, nor the next start', async () => {
  await using rig = await household()
  {
    await using channel = await rig.channel()
    await using listener = listen(channel)
    await ready(channel)
    const cases = files.flatMap(({ cases: all }) => all)
    // What they say of servers stays as it is: a server that is gone has no words.
    const said = cases.filter(({ type }) => /^(MESSAGE|INTERACTION)/.test(type))
    const events = fc.sample(maimed(said.map(({ type, data }) => ({ type, data }))), {
      numRuns: 400,
      seed: 7,
    })
    for (const { type, data } of [...events, ...said]) rig.discord.dispatch(type, data)
    rig.discord.write(alice, 'the last of them')
    await until('the last', () => listener.stored.some(({ text }) => text === 'the last of them'))
    for (const message of listener.stored) {
      assert.equal(typeof message.text, 'string')
      assert.match(message.place.id, /^\d+$/)
    }
  }
  await rig.write('while away')
  await using channel = await rig.channel()
  await using listener = listen(channel)
  await until('what came meanwhile', () => listener.stored.some(({ text }) => text === 'while away'))
})
