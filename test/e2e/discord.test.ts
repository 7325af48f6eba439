// A household on Discord through the running gateway.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Recorded, say } from '../support/fake-anthropic.ts'
import { openFakeDiscord } from '../support/fake-discord.ts'
import { openStage } from '../support/stage.ts'
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

[[groups]]
match = "discord:501"
ceiling = "inner"
`

const view = 1n << 10n

const toolsOf = ({ body }: Recorded): string[] => (body.tools ?? []).map(tool => tool.name)

async function openHousehold(members = [alice, bob]) {
  await using stack = new AsyncDisposableStack()
  const discord = stack.use(await openFakeDiscord())
  discord.addGuild({
    id: '500',
    owner: alice.id,
    roles: [{ id: '510', permissions: 0n }],
    channels: [
      {
        id: '501',
        name: 'kitchen',
        overwrites: [
          { id: '500', type: 0, allow: '0', deny: String(view) },
          { id: '510', type: 0, allow: String(view), deny: '0' },
        ],
      },
    ],
    threads: [{ id: '502', name: 'shopping', parent: '501' }],
    members: [
      ...members.map(user => ({ user, roles: ['510'] })),
      { user: mallory },
      { user: discord.self, roles: ['510'] },
    ],
  })
  const stage = stack.use(
    await openStage({
      users,
      toml: `[channels.discord]\ntoken = "env:DISCORD_TOKEN"\napi_root = "${discord.url}"\ngateway_url = "${discord.gatewayUrl}"\n`,
      env: { DISCORD_TOKEN: discord.token },
    }),
  )
  await until('discord is connected', () => discord.identified > 0)
  const kept = stack.move()
  return { discord, stage, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

test('a direct message on Discord is answered once, with typing while the model thinks', async () => {
  await using home = await openHousehold()
  const { discord, stage } = home
  stage.model.next(say('hello **Bob**', { delayMs: 600 }))
  discord.write(bob, 'hello')
  const sent = await until('a reply', () => discord.sent(discord.direct(bob.id))[0])
  assert.equal(sent.text, 'hello **Bob**')
  assert.ok(discord.calls.some(call => /\/typing$/.test(call.path)))
})

test('in a channel only who can view it listens; a mention is answered there, and in a thread apart', async () => {
  await using home = await openHousehold()
  const { discord, stage } = home
  discord.write(bob, 'just talking', { channel: '501', guild: '500' })
  const mention = { extra: { mentions: [{ id: discord.self.id, username: 'coop' }] } }
  discord.write(bob, `<@${discord.self.id}> what did I say?`, { channel: '501', guild: '500', ...mention })
  await until('a reply', () => discord.sent('501')[0])
  const [request] = stage.model.requests
  assert.match(JSON.stringify(request!.body), /Bob: just talking/)
  assert.match(JSON.stringify(request!.body.system), /#kitchen.*Readers: Alice, Bob/)
  assert.ok(toolsOf(request!).includes('memory_search'))
  discord.write(bob, `<@${discord.self.id}> and here?`, { channel: '502', guild: '500', ...mention })
  await until('a reply in the thread', () => discord.sent('502')[0])
  assert.doesNotMatch(JSON.stringify(stage.model.requests[1]!.body.messages), /just talking/)
})

test('a person who comes to see the channel narrows what it opens', async () => {
  await using home = await openHousehold()
  const { discord, stage } = home
  const mention = {
    channel: '501',
    guild: '500',
    extra: { mentions: [{ id: discord.self.id, username: 'coop' }] },
  }
  discord.write(bob, 'one', mention)
  await until('a reply', () => discord.sent('501')[0])
  assert.ok(toolsOf(stage.model.requests[0]!).includes('memory_search'))
  discord.dispatch('GUILD_MEMBER_UPDATE', {
    guild_id: '500',
    user: { id: mallory.id, username: 'mallory' },
    roles: ['510'],
  })
  discord.write(bob, 'two', mention)
  await until('a second reply', () => discord.sent('501')[1])
  assert.deepEqual(toolsOf(stage.model.requests[1]!), [])
  assert.doesNotMatch(JSON.stringify(stage.model.requests[1]!.body.messages), /heard: one/)
})

test('what was written while the gateway was down is answered after it is back', async () => {
  await using home = await openHousehold()
  const { discord, stage } = home
  discord.write(bob, 'before')
  await until('a reply', () => discord.sent(discord.direct(bob.id))[0])
  await stage.gateway.kill()
  discord.forgetSessions()
  discord.write(bob, 'meanwhile')
  await stage.start()
  await until('the second reply', () => discord.sent(discord.direct(bob.id))[1]?.text === 'heard: meanwhile')
})

test('a native command is run, and its buttons choose', async () => {
  await using home = await openHousehold()
  const { discord } = home
  const interaction = (type: number, data: object, id: string) =>
    discord.dispatch('INTERACTION_CREATE', {
      id,
      application_id: '901',
      type,
      data: data as Record<string, unknown>,
      token: `t${id}`,
      channel: { id: discord.direct(alice.id), type: 1 },
      user: { id: alice.id, username: 'alice', global_name: 'Alice' },
      version: 1,
    })
  interaction(2, { id: '1', name: 'models', type: 1 }, '1300000000000000001')
  const sent = await until('the models', () => discord.sent(discord.direct(alice.id))[0])
  assert.match(JSON.stringify(sent.body.components), /\/model /)
  await until('the word that Discord waits for', () =>
    discord.calls.some(call => /\/interactions\/1300000000000000001\//.test(call.path)),
  )
  interaction(3, { component_type: 2, custom_id: '/model offline/coop' }, '1300000000000000002')
  await until('the choice', () =>
    discord.sent(discord.direct(alice.id)).some(one => one.text === 'Answering from now on: offline/coop'),
  )
  await until('the commands', () =>
    discord.calls.some(call => call.method === 'PUT' && /\/commands$/.test(call.path)),
  )
})
