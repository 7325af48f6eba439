// The connection comes back by itself where that helps, and says what to do where it does not.
import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import { createSignal } from '../../../channels/signal/adapter.ts'
import {
  answerWith,
  depsFor,
  direct,
  friend,
  hangUp,
  link,
  open,
  openWorld,
  run,
  socketsOf,
  until,
} from './world.ts'

/** While `failing.now`, every commit meets a full disk. */
function fillDisk(failing: { now: boolean }): Disposable {
  const { transaction } = Database.prototype
  Database.prototype.transaction = function (this: Database.Database, work: never) {
    const real = transaction.call(this, work) as Database.Transaction
    const immediate = (...given: unknown[]) => {
      if (failing.now) throw new Database.SqliteError('database or disk is full', 'SQLITE_FULL')
      return real.immediate(...given)
    }
    return Object.create(real, { immediate: { value: immediate } })
  } as never
  return {
    [Symbol.dispose]() {
      Database.prototype.transaction = transaction
    },
  }
}

test('a connection that the server closes is opened again, and what came meanwhile arrives', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  await hangUp(world, device, 4401)
  await until(() => !socketsOf(world.server).has(device))
  void alice.sendText(device, 'are you there?', {})
  assert.equal((await running.next()).text, 'are you there?')
  assert.equal(running.channel.state().kind, 'connected')
})

test('a second program with the same device makes this one stop and say so', async () => {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  // What a close says is lost when it meets a request under way: the server says it at every connect.
  await until(() => {
    socketsOf(world.server).get(device)?.close(4409)
    return running.channel.state().kind === 'failed'
  })
  assert.match(JSON.stringify(running.channel.state()), /Another program/)
})

test('a device that the phone removed says to link again, and can', async () => {
  await using world = await openWorld()
  const device = await link(world)
  const running = await run(world)
  const restore = answerWith(world, 403)
  await hangUp(world, device, 4401)
  await until(() => running.channel.state().kind === 'failed')
  assert.match(JSON.stringify(running.channel.state()), /coop signal link/)
  await running[Symbol.asyncDispose]()
  restore()
  const after = await createSignal(world.settings, depsFor(world))
  assert.equal(after.state().kind, 'failed')
  await after[Symbol.asyncDispose]()
  await link(world)
  await using again = await run(world)
  assert.equal(again.channel.state().kind, 'connected')
})

test('a version that Signal no longer takes says to update', async () => {
  await using world = await openWorld()
  await link(world)
  answerWith(world, 499)
  await using running = await open(world)
  await until(() => running.channel.state().kind === 'failed')
  assert.match(JSON.stringify(running.channel.state()), /update Coop/)
})

test('a server that asks for patience, or is not there, is tried again with the reason shown', async () => {
  await using world = await openWorld()
  await link(world)
  const restore = answerWith(world, 429, { 'retry-after': '1' })
  await using running = await open(world)
  await until(() => running.channel.state().kind === 'reconnecting')
  restore()
  await running.connected()
})

test('signal.db has one client: a second is refused, and its keys are for its owner alone', async () => {
  await using world = await openWorld()
  await link(world)
  await using _running = await run(world)
  await assert.rejects(createSignal(world.settings, depsFor(world)), { code: 'gateway_running' })
  const { mode } = await stat(join(world.home, 'db', 'signal.db'))
  assert.equal(mode & 0o777, 0o600)
})

test('without a linked phone the channel says how to link one, and does nothing', async () => {
  await using world = await openWorld()
  await using channel = await createSignal(world.settings, depsFor(world))
  assert.match(JSON.stringify(channel.state()), /coop signal link/)
  for await (const _ of channel.listen(AbortSignal.timeout(1_000))) assert.fail('nothing can arrive')
  const sent = await channel.send({ key: 'a', place: direct('x'), text: 'x' }, AbortSignal.timeout(1_000))
  assert.equal(sent.kind, 'retry')
})

test('a full disk withholds the acknowledgement, and the message arrives when there is space', async () => {
  await using world = await openWorld()
  const device = await link(world)
  const alice = await friend(world, 'Alice', device)
  const failing = { now: false }
  using _full = fillDisk(failing)
  await using running = await run(world)
  const envelope = await alice.encryptText(device, 'keep me', {})
  failing.now = true
  void world.server.send(device, envelope)
  await until(() => running.channel.state().kind === 'reconnecting')
  assert.match(JSON.stringify(running.channel.state()), /disk/)
  assert.equal(running.heard.length, 0)
  failing.now = false
  await running.connected()
  // Signal sends again what was not acknowledged; the mock has to be asked.
  await world.server.send(device, envelope)
  assert.equal((await running.next()).text, 'keep me')
})
