// Telegram that brings its updates: through the running gateway, behind what would be a reverse proxy.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { telegramChat, telegramUser } from '../support/chats.ts'
import { runCoop } from '../support/coop.ts'
import { freePort } from '../support/loopback.ts'
import { bob, openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'

test('updates are brought with their secret and answered once, also those that come twice and out of order', async () => {
  const port = await freePort()
  await using stage = await openStage({ idle: true })
  stage.home.configure(
    stage
      .toml()
      .replace(
        '[channels.telegram]',
        `[channels.telegram]\nwebhook_url = "https://example.org/coop"\nwebhook_port = ${port}`,
      ),
  )
  await stage.start()
  const { telegram } = stage
  const set = await until('the webhook', () => telegram.calls.find(({ method }) => method === 'setWebhook'))
  const { url, secret_token: secret } = set.body as { url: string; secret_token: string }
  assert.equal(url, 'https://example.org/coop')
  const bring = async (update: number, text: string, token = secret) => {
    const chat = { id: bob.id, type: 'private', first_name: bob.name }
    const message = {
      message_id: update,
      date: Math.floor(Date.now() / 1000),
      from: telegramUser(bob),
      chat,
      text,
    }
    const response = await fetch(`http://127.0.0.1:${port}/coop`, {
      method: 'POST',
      headers: { 'x-telegram-bot-api-secret-token': token },
      body: JSON.stringify({ update_id: update, message }),
    })
    return response.status
  }
  const bobs = telegramChat(telegram, bob.id)
  await until('it is taken', async () => (await bring(1, 'one')) === 200)
  assert.equal(await bring(9, 'not from Telegram', 'guessed'), 403)
  assert.equal(await bring(9, 'not from Telegram', ''), 403)
  const address = `http://127.0.0.1:${port}/coop`
  assert.equal((await fetch(address, { method: 'POST', body: '{"update_id":9}' })).status, 403)
  const looked = await fetch(address, { headers: { 'x-telegram-bot-api-secret-token': secret } })
  assert.equal(looked.status, 403)
  assert.deepEqual(
    await Promise.all([bring(3, 'three'), bring(2, 'two'), bring(3, 'three')]),
    [200, 200, 200],
  )
  await bobs.reply(3)
  assert.deepEqual(
    bobs
      .sent()
      .map(({ text }) => text)
      .sort(),
    ['heard: one', 'heard: three', 'heard: two'],
  )
  assert.equal(telegram.calls.filter(({ method }) => method === 'getUpdates').length, 0)
  const malformed = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: { 'x-telegram-bot-api-secret-token': secret },
    body: '{"no":"update"}',
  })
  assert.equal(malformed.status, 400)
  assert.match((await runCoop(stage.home, ['channels'])).stdout, /telegram {2}connected/)

  // Back to polling: the webhook that stands in the way is taken down.
  await stage.gateway.stop()
  stage.home.configure(stage.toml().replace(/webhook_.*\n/g, ''))
  telegram.fail('getUpdates', {
    status: 409,
    description: "Conflict: can't use getUpdates method while webhook is active",
  })
  await stage.start()
  telegram.write(bob, 'and by polling')
  await bobs.said(/^heard: and by polling$/)
  assert.ok(telegram.calls.some(({ method }) => method === 'deleteWebhook'))
})
