// Whatever order things happen in, every message is heard once and every reply arrives once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { direct, friend, link, openWorld, type Running, run, socketsOf, soon, until } from './world.ts'

/** Lines that break often are mended more slowly. */
const waitMs = 40_000

/** A message comes, comes again, or in a pair turned round; a reply goes, goes again; the line breaks; a restart. */
const step = fc.constantFrom('hear', 'hear-again', 'hear-turned', 'reply', 'reply-again', 'break', 'restart')

test('random orders of messages, repeats, replies, broken lines and restarts lose and double nothing', async () => {
  await using world = await openWorld()
  const device = await link(world)
  const alice = await friend(world, 'Alice', device)
  const place = direct(alice.device.aci)
  let running: Running = await run(world)
  await using _last = { [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() }
  let count = 0
  const written: string[] = []
  const heard: string[] = []
  const replied: string[] = []
  const envelopes: Buffer<ArrayBuffer>[] = []

  const write = async () => {
    const timestamp = 1_000 + ++count
    written.push(`${alice.device.aci}.1.${timestamp}`)
    return alice.encryptText(device, `message ${timestamp}`, { timestamp })
  }
  const deliver = async (envelope: Buffer<ArrayBuffer>) => {
    envelopes.push(envelope)
    await world.server.send(device, envelope)
  }
  const reply = async (key: string) => {
    const result = await running.channel.send({ key, place, text: key }, soon())
    assert.equal(result.kind, 'sent')
  }
  const steps: Record<string, () => Promise<void>> = {
    hear: async () => deliver(await write()),
    'hear-again': async () => (envelopes.length > 0 ? deliver(envelopes.at(-1)!) : undefined),
    async 'hear-turned'() {
      const [first, second] = [await write(), await write()]
      await deliver(second)
      await deliver(first)
    },
    async reply() {
      replied.push(`reply ${++count}`)
      await reply(replied.at(-1)!)
    },
    'reply-again': async () => (replied.length > 0 ? reply(replied.at(-1)!) : undefined),
    async break() {
      const socket = socketsOf(world.server).get(device)
      socket?.close(4401)
      await until(() => ![undefined, socket].includes(socketsOf(world.server).get(device)), waitMs)
      await running.connected()
    },
    async restart() {
      await running[Symbol.asyncDispose]()
      heard.push(...running.heard.map(message => message.externalId))
      await until(() => !socketsOf(world.server).has(device))
      running = await run(world)
    },
  }
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 8 }), async plan => {
      for (const name of plan) await steps[name]!()
    }),
    { numRuns: 5, endOnFailure: true },
  )
  await steps.restart!()
  // Given again after a restart is allowed: the core knows a message by its name.
  assert.deepEqual([...new Set(heard)].sort(), [...written].sort())
  const got: string[] = []
  while (got.length < replied.length) got.push((await alice.waitForMessage()).body)
  assert.deepEqual(got, replied)
  assert.equal(alice.getMessageQueueSize(), 0)
})
