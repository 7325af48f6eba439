// One gateway connection: what its end leaves to be resumed, and what it does when the other side falls silent.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayIntentBits } from 'discord-api-types/v10'
import { type ConversationOptions, converse, type Ending } from '../../../channels/discord/conversation.ts'
import { fatalClose } from '../../../channels/discord/results.ts'
import { type FakeDiscord, openFakeDiscord } from '../../support/fake-discord.ts'

/** Talks until it ends; `onConnected` may break it. */
const talk = (
  discord: FakeDiscord,
  onConnected: () => void,
  options: Partial<ConversationOptions> = {},
  signal = new AbortController().signal,
): Promise<Ending> =>
  converse(
    {
      url: discord.gatewayUrl,
      token: discord.token,
      intents: GatewayIntentBits.Guilds,
      session: null,
      onIdentify() {},
      onDispatch() {},
      onConnected,
      ...options,
    },
    signal,
  )

test('a close leaves the session to be resumed, but for those that say that it is gone', async () => {
  await using discord = await openFakeDiscord()
  for (const code of [1006, 4000, 4001, 4002, 4008, 4003, 4007, 4009]) {
    const ending = await talk(discord, () => discord.hangUp(code))
    assert.equal(ending.code, code)
    assert.equal(ending.session === null, [4003, 4007, 4009].includes(code), String(code))
    assert.equal(fatalClose(code), undefined)
    if (!ending.session) continue
    const resumed = discord.resumed
    await talk(discord, () => discord.hangUp(4000), { session: ending.session })
    assert.equal(discord.resumed, resumed + 1)
  }
})

test('a close that no new attempt can mend says what to do', () => {
  for (const code of [4004, 4010, 4011, 4012, 4013, 4014]) {
    const state = fatalClose(code)
    assert.match(state && 'error' in state ? state.error : '', /token|update|take it out|switch on/)
  }
})

test('heartbeats that nobody answers, a session nobody knows and a stream that cannot be read end it', async () => {
  await using discord = await openFakeDiscord()
  discord.heartbeatMs = 30
  const silent = await talk(discord, () => {
    discord.alive = false
  })
  assert.match(silent.error, /no longer answers/)
  assert.ok(silent.session)
  discord.alive = true
  discord.forgetSessions()
  const forgotten = await talk(discord, () => {}, { session: silent.session })
  assert.deepEqual([forgotten.session, /no longer knows/.test(forgotten.error)], [null, true])
  const { session } = await talk(discord, () => discord.hangUp(4000))
  discord.resumeFaults.push('garbage')
  assert.match((await talk(discord, () => {}, { session })).error, /cannot be read/)
})

test('it ends when it is told to, and at once when it was told before', async () => {
  await using discord = await openFakeDiscord()
  const stop = new AbortController()
  await talk(discord, () => stop.abort(), {}, stop.signal)
  await talk(discord, () => assert.fail('it connected'), {}, stop.signal)
})
