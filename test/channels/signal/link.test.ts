// Linking: codes that change, answers that are no answers, refusals, and the command itself.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { Net } from '@signalapp/libsignal-client'
import { createSignal } from '../../../channels/signal/adapter.ts'
import { linkSignal, unlinkSignal } from '../../../channels/signal/link.ts'
import { signal as command } from '../../../src/cli/signal.ts'
import { depsFor, link, openWorld, run, soon } from './world.ts'

test('the code changes until a phone scans one, and an older code still works', async () => {
  await using world = await openWorld()
  const shown: string[] = []
  const second = Promise.withResolvers<void>()
  const first = world.server.waitForProvision()
  const linked = linkSignal(
    world.settings,
    world.home,
    { name: 'Coop', codeMs: 100, onCode: url => void (shown.push(url) === 2 && second.resolve()) },
    soon(),
  )
  const pending = await first
  await second.promise
  const complete = pending.complete({ provisionURL: shown[0]!, primaryDevice: world.phone })
  const { aci, device, number } = await linked
  await complete
  assert.equal(aci, world.phone.device.aci)
  assert.equal(number, world.phone.device.number)
  assert.equal(device, 2)
  assert.match(shown[0]!, /^sgnl:\/\/linkdevice\?uuid=[^&]+&pub_key=[^&]+&capabilities=$/)
  assert.notEqual(shown[0], shown[1])
})

test('codes that nobody scans run out with an advice, and leave nothing behind', async () => {
  await using world = await openWorld()
  const options = { name: 'Coop', codeMs: 30, codes: 2, onCode: () => {} }
  await assert.rejects(linkSignal(world.settings, world.home, options, soon()), {
    code: 'channel_failed',
    message: /run `coop signal link` again/,
  })
  await using channel = await createSignal(world.settings, depsFor(world))
  assert.equal(channel.state().kind, 'failed')
})

test('linking can be stopped', async () => {
  await using world = await openWorld()
  const stop = new AbortController()
  const linking = linkSignal(
    world.settings,
    world.home,
    { name: 'Coop', onCode: () => stop.abort() },
    stop.signal,
  )
  await assert.rejects(linking, { code: 'aborted' })
})

test('a linked home is not linked over, and can be unlinked and linked anew', async () => {
  await using world = await openWorld()
  await link(world)
  const again = linkSignal(world.settings, world.home, { name: 'Coop', onCode: () => {} }, soon())
  await assert.rejects(again, { message: /coop signal unlink/ })
  await unlinkSignal(world.settings, world.home)
  await assert.rejects(unlinkSignal(world.settings, world.home), { code: 'not_found' })
  await link(world)
  await using running = await run(world)
  assert.equal(running.channel.state().kind, 'connected')
})

test('without a server linking fails with an advice', async () => {
  const world = await openWorld()
  await world[Symbol.asyncDispose]()
  const linking = linkSignal(world.settings, world.home, { name: 'Coop', onCode: () => {} }, soon())
  await assert.rejects(linking, { code: 'channel_failed', message: /cannot be reached/ })
})

test('a line that breaks while linking is told, and leaves a home that can be linked', async () => {
  await using world = await openWorld()
  const { fetch } = Net.UnauthenticatedChatConnection.prototype
  {
    using _broken = {
      [Symbol.dispose]: () => void (Net.UnauthenticatedChatConnection.prototype.fetch = fetch),
    }
    Net.UnauthenticatedChatConnection.prototype.fetch = async function (
      this: Net.UnauthenticatedChatConnection,
      request,
      options,
    ) {
      if (request.path !== '/v1/devices/link') return await fetch.call(this, request, options)
      throw new Error('the line broke')
    } as typeof fetch
    const provision = world.server.waitForProvision()
    const shown = Promise.withResolvers<string>()
    const options = { name: 'Coop', onCode: shown.resolve }
    const linking = linkSignal(world.settings, world.home, options, soon())
    linking.catch(() => {})
    const complete = (await provision).complete({
      provisionURL: await shown.promise,
      primaryDevice: world.phone,
    })
    complete.catch(() => {})
    await assert.rejects(linking, { code: 'channel_failed', message: /cannot be reached: the line broke/ })
  }
  await link(world)
})

test('the command shows a code and its address, and says which number was linked', async () => {
  await using world = await openWorld()
  const test = world.settings.test_server!
  const values = Object.entries(test).map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
  const path = join(world.home, 'coop.toml')
  await writeFile(
    path,
    `[agent]\nid = "coop"\n[channels.signal]\n[channels.signal.test_server]\n${values.join('\n')}\n`,
  )
  const stdout = new PassThrough()
  let written = ''
  const url = new Promise<string>(resolve =>
    stdout.on('data', (chunk: Buffer) => {
      written += chunk.toString()
      const found = written.match(/sgnl:\S+/)
      if (found) resolve(found[0])
    }),
  )
  const cli = {
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    config: path,
    signal: soon(),
    surroundings: { logLevel: 'silent', traceFile: undefined, color: false, home: world.home },
  }
  const provision = world.server.waitForProvision()
  const done = command.run(['link', '--name', 'Kitchen'], cli)
  const pending = await provision
  const complete = pending.complete({ provisionURL: await url, primaryDevice: world.phone })
  assert.equal(await done, 0)
  await complete
  assert.match(written, /█/)
  assert.ok(written.includes(`Linked to ${world.phone.device.number} as device 2.`))
  assert.equal(await command.run(['unlink'], cli), 0)
  await assert.rejects(command.run(['dance'], cli), { code: 'usage_wrong' })
})
