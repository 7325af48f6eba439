// A gateway on Signal that is killed, unlinked, linked anew, told to run jobs, and one that its owner's own account is linked to.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { StorageState } from '@signalapp/mock-server'
import { answerWith, hangUp } from '../channels/signal/world.ts'
import { runCoop } from '../support/coop.ts'
import { newest, resultsIn, say } from '../support/fake-anthropic.ts'
import { filesHolding } from '../support/holding.ts'
import { openSignalStage, type SignalStage } from '../support/signal-stage.ts'
import { until } from '../support/until.ts'

let stage: SignalStage
before(async () => {
  stage = await openSignalStage()
})
beforeEach(async () => {
  await stage.settle()
})
after(() => stage[Symbol.asyncDispose]())

/** Kills the gateway and starts it again once the server knows that it is gone. */
async function crash(): Promise<void> {
  await stage.gateway.kill()
  await until('the server sees it', () => !stage.connected())
  await stage.start()
}

test('kill -9 while the model works and with messages under way: each is answered once', async () => {
  const { alice, bob, model, world, agent } = stage
  model.next({ kind: 'hang' })
  await alice.write('at the model')
  await until('the model is asked', () => model.requests.length === 1)
  await crash()
  assert.equal((await alice.reply()).body, 'heard: at the model')

  for (const delayMs of [0, 10]) {
    const bytes = [await bob.seal(`first of ${delayMs}`), await bob.seal(`second of ${delayMs}`)]
    for (const one of bytes) void world.server.send(agent, one)
    await new Promise(resolve => setTimeout(resolve, delayMs))
    await crash()
    // What was not acknowledged comes again from Signal; so does, at worst, what was.
    for (const one of bytes) await world.server.send(agent, one)
  }
  await bob.write('the end')
  await until('the end', () => model.requests.some(({ body }) => newest(body).includes('the end')))
  await until('its answer', () => bob.texts().some(text => text.includes('the end')))
  const all = [...alice.texts(), ...bob.texts()]
  assert.deepEqual(all.toSorted(), [...new Set(all)].toSorted())
  const asked = JSON.stringify(model.requests.map(({ body }) => body.messages))
  for (const delayMs of [0, 10])
    for (const nth of ['first', 'second']) assert.ok(asked.includes(`${nth} of ${delayMs}`))
})

test('what a chat forgets while the gateway is down is gone after its start', async () => {
  const { bob, home } = stage
  await bob.write('the vault opens with 99317', { fields: { expireTimer: 1, expireTimerVersion: 2 } })
  await bob.reply()
  await crash()
  await until('nothing of it is left', () => filesHolding(home.dir, '99317').length === 0)
})

test('a version that is too old is told to the owner; a second client makes this one stop', async () => {
  const { world, agent, telegram } = stage
  const restore = answerWith(world, 499)
  await hangUp(world, agent, 4401)
  await until('the owner is told', () =>
    telegram.sent(1001).find(({ text }) => /no longer accepts this version; update Coop/.test(text)),
  )
  restore()
  await crash()
  await until('it says so', async () =>
    /signal\s+connected/.test((await runCoop(stage.home, ['channels'])).stdout),
  )
  await hangUp(world, agent, 4409)
  await until('the owner is told', () =>
    telegram.sent(1001).find(({ text }) => /Another program uses the same signal\.db/.test(text)),
  )
})

test('a device unlinked in the middle of a send is told to the owner on another channel; linked again, the reply arrives', async () => {
  const { alice, world, agent, telegram, home } = stage
  await crash()
  await alice.write('on Signal')
  await alice.reply()
  const { handleMessage } = world.server
  let restore = () => {}
  const unlinked = Promise.withResolvers<void>()
  world.server.handleMessage = async (...given) => {
    const [, , , target] = given
    if (target !== alice.device.device) return await handleMessage.apply(world.server, given)
    restore = answerWith(world, 403)
    await hangUp(world, agent, 4401)
    unlinked.resolve()
    throw new Error('the device is not linked any more')
  }
  await alice.write('are you linked?')
  await unlinked.promise
  world.server.handleMessage = handleMessage
  const told = await until('the owner is told', () =>
    telegram.sent(1001).find(({ text }) => /removed from the Signal account/.test(text)),
  )
  assert.match(
    told.text,
    /channel signal stopped.*removed from the Signal account.*coop stop.*coop signal link/,
  )
  assert.match((await runCoop(home, ['channels'])).stdout, /signal\s+failed.*coop signal link/)
  restore()
  await stage.gateway.stop()
  await stage.link()
  await stage.start()
  assert.equal((await alice.reply()).body, 'heard: are you linked?')
  await alice.write('linked again')
  assert.equal((await alice.reply()).body, 'heard: linked again')
  await stage.gateway.stop()
  const { code, stdout, stderr } = await runCoop(home, ['signal', 'unlink'])
  assert.equal(code, 0, stderr)
  assert.match(stdout, /Unlinked|remove the device on the phone/)
  assert.equal(alice.texts().filter(text => text === 'heard: are you linked?').length, 1)
})

test('a job reports to a group that only the storage of the account names, a step is said at once where the owner wants it, and a note to self is answered', async () => {
  await using own = await openSignalStage({
    idle: true,
    signal: 'verbose = true',
    // The account's own owner is Carol: her phone is the one that is linked.
    own: 'Carol',
    toml: ({ family }) =>
      `[[cron]]\nname = "digest"\ncron = "* * * * * *"\nmessage = "what is new?"\n[cron.deliver]\nchannel = "signal"\ntarget = "group:${family}"\n`,
  })
  const { account, bob, family, model, world } = own
  // Nobody has written in the group yet: that it exists stands in the account's storage.
  await world.phone.setStorageState(StorageState.getEmpty().addGroup(family, { whitelisted: true }))
  await own.link()
  await own.start()
  model.otherwise = ({ body }) =>
    say(/what is new/.test(newest(body)) ? 'Nothing is new.' : `heard: ${newest(body)}`)
  await until('the report', () => bob.texts().includes('Nothing is new.'))
  model.otherwise = ({ body }) => {
    const words = newest(body)
    if (/what is new/.test(words)) return say('HEARTBEAT_OK')
    if (resultsIn(body).length > 0) return say('I have looked.')
    if (words === 'look it up')
      return say('I look.', { calls: [{ name: 'memory', input: { action: 'search', query: 'dinner' } }] })
    return say(`heard: ${words}`)
  }
  await bob.write('look it up')
  await until('the answer', () => bob.texts().includes('I have looked.'))
  assert.ok(bob.texts().indexOf('I look.') >= 0)
  assert.ok(bob.texts().indexOf('I look.') < bob.texts().indexOf('I have looked.'))
  await account.note('remind me of milk')
  await until('the answer on the phone', () =>
    account.syncs().find(({ content }) => content?.sent?.message?.body === 'heard: remind me of milk'),
  )
})
