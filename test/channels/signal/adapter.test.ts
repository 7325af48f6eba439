// The channel against a Signal server on loopback.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acquaint, direct, link, openWorld, run } from './world.ts'

test('a linked device hears and answers a direct message', async () => {
  await using world = await openWorld()
  const device = await link(world)
  const alice = await world.server.createPrimaryDevice({ profileName: 'Alice' })
  await using running = await run(world)
  await running.connected()
  await acquaint(alice, device)
  const timestamp = Date.now()
  void alice.sendText(device, 'hello', { timestamp, withProfileKey: true })
  const heard = await running.next()
  assert.equal(heard.text, 'hello')
  assert.equal(heard.externalId, `${alice.device.aci}.1.${timestamp}`)
  assert.deepEqual(heard.place, direct(alice.device.aci))
  assert.equal(heard.sender.name, 'Alice')
  const result = await running.channel.send(
    { key: 'one', place: direct(alice.device.aci), text: 'hello yourself' },
    AbortSignal.timeout(5000),
  )
  assert.equal(result.kind, 'sent')
  const answer = await alice.waitForMessage()
  assert.equal(answer.body, 'hello yourself')
  const delivered = await alice.waitForReceipt()
  assert.deepEqual(delivered.receiptMessage.timestamp.map(Number), [timestamp])
})
