// Jobs from start to end: narrowed by where they go, silent when there is nothing to say, told when they fail.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCoop, startGateway } from '../support/coop.ts'
import { refuse, say, use, wordsIn } from '../support/fake-anthropic.ts'
import { makeTestHome, type TestHome } from '../support/home.ts'
import { openLiveClient } from '../support/live-client.ts'
import { bob as bobOnTelegram, openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'

const offline = (users: string, jobs = ''): string => `[agent]
id = "coop"
model = "offline/coop"

[[users]]
name = "Alice"
trust = "full"
match = ["terminal:default"]
${users}
${jobs}`
const bob = `
[[users]]
name = "Bob"
trust = "inner"
`
const job = (name: string, more: string): string => `
[[cron]]
name = "${name}"
cron = "* * * * * *"
${more}
`
const history = (home: TestHome, name: string) =>
  runCoop(home, ['cron', 'history', name]).then(({ stdout }) => stdout)

test('a job that names HEARTBEAT.md asks no model while the file holds only empty boxes', async () => {
  using home = makeTestHome(
    offline('', job('heartbeat', 'message = "Look into HEARTBEAT.md."\nuser = "alice"')),
  )
  home.file('workspaces/default/HEARTBEAT.md', '# Heartbeat\n\n- [ ]\n')
  await using _gateway = await startGateway(home)
  using alice = await openLiveClient(home)
  await until('a run', async () =>
    /nothing to say \(HEARTBEAT.md asks for nothing\)/.test(await history(home, 'heartbeat')),
  )
  assert.match((await runCoop(home, ['usage'])).stdout, /\$0\.0000\n?$/)
  home.file('workspaces/default/HEARTBEAT.md', '# Heartbeat\n\n- [ ] the oven\n')
  await until('a word of it', () => alice.said().find(text => text.includes('the oven')))
})

test('a job without a user is internal: it works, and reaches nobody', async () => {
  using home = makeTestHome(offline('', job('tidy', 'message = "use message {}"')))
  await using _gateway = await startGateway(home)
  using alice = await openLiveClient(home)
  await until('a run', async () => (await history(home, 'tidy')).includes('nothing to say'))
  assert.deepEqual(alice.said(), [])
  assert.match((await runCoop(home, ['usage', '--by', 'job'])).stdout, /cron:tidy: /)
})

test('a reminder of somebody who is gone does not run, and the ledger says so', async () => {
  using home = makeTestHome(offline(bob))
  await using _gateway = await startGateway(home)
  {
    using bobs = await openLiveClient(home, { user: 'bob' })
    await bobs.ask('remind me in 3 days to call Alice')
    assert.match(await bobs.ask('remind me in 3 seconds to call Carol'), /Set: /)
  }
  home.configure(offline(''))
  await until('the failure', async () =>
    /failed \(its user, bob, is gone\)/.test((await runCoop(home, ['cron', 'history'])).stdout),
  )
  assert.match((await runCoop(home, ['cron'])).stdout, /does not run: its user, bob, is gone/)
})

test('a reminder outlives the death of the gateway, and comes late rather than never, once', async () => {
  using home = makeTestHome(offline(''))
  const first = await startGateway(home)
  {
    using alice = await openLiveClient(home)
    assert.match(await alice.ask('remind me in 1 second to call Carol'), /Set: /)
    await first.kill()
  }
  await using _second = await startGateway(home)
  await until('the run', async () => (await runCoop(home, ['cron', 'history'])).stdout.includes('delivered'))
  using alice = await openLiveClient(home, { after: 0 })
  assert.equal(alice.said().filter(text => text === '⏰ call Carol').length, 1)
})

test('an inner person sees and cancels only their own jobs', async () => {
  using home = makeTestHome(offline(bob))
  await using _gateway = await startGateway(home)
  using alice = await openLiveClient(home)
  using bobs = await openLiveClient(home, { user: 'bob' })
  const set = await alice.ask('remind me at 23:59 to lock the door')
  const id = /\[([A-Z0-9]{6})\]/.exec(set)![1]!
  assert.match(await bobs.ask('what is scheduled?'), /Nothing is scheduled/)
  assert.match(await bobs.ask(`cancel reminder ${id}`), /There is no job/)
  assert.match(await alice.ask(`cancel reminder ${id}`), /Cancelled: “lock the door”/)
})

test('a job that the model fails is tried again, and its error is never delivered', async () => {
  await using stage = await openStage({
    idle: true,
    toml: job('briefing', 'message = "What is on?"\nuser = "bob"\nretries = 0'),
  })
  stage.model.otherwise = () => refuse(400, 'no')
  await stage.start()
  await until('the failure', async () => /failed \(rejected/.test(await history(stage.home, 'briefing')))
  assert.equal(stage.telegram.sent(1002).length, 0)
})

test('a budget that is used up is a plain sentence, and nothing is asked of the model', async () => {
  await using stage = await openStage({ toml: '[budget.daily_usd]\nbob = 0.0001\n' })
  stage.telegram.write(bobOnTelegram, 'Hello')
  const sent = await stage.reply(1002)
  assert.match(sent.text, /budget/)
  assert.equal(stage.model.requests.length, 0)
})

test('a job knows what its earlier runs said', async () => {
  await using stage = await openStage({
    idle: true,
    toml: job('news', 'message = "Anything new?"\nuser = "bob"'),
  })
  let runs = 0
  stage.model.otherwise = () => say(`Report number ${++runs}.`)
  await stage.start()
  await stage.reply(bobOnTelegram.id, 2)
  const second = stage.model.requests[1]!.body
  assert.match(wordsIn(second).join('\n'), /Anything new\?/)
  assert.match(JSON.stringify(second.messages), /Report number 1\./)
})

test('a reminder is changed in words, and comes as it was changed', async () => {
  await using stage = await openStage()
  stage.model.next(
    use('schedule', { action: 'create', kind: 'reminder', when: '+1h', text: 'feed the cat' }),
    say('Set.'),
  )
  stage.telegram.write(bobOnTelegram, 'remind me in an hour to feed the cat')
  await stage.reply(bobOnTelegram.id)
  const id = /\[([A-Z0-9]{6})\]/.exec(JSON.stringify(stage.model.requests[1]!.body.messages.at(-1)))![1]!
  stage.model.next(
    use('schedule', { action: 'update', id, when: '+1s', text: 'feed the dog' }),
    say('Changed.'),
  )
  stage.telegram.write(bobOnTelegram, 'make that the dog, and now')
  await until('the reminder', () =>
    stage.telegram.sent(bobOnTelegram.id).some(({ text }) => text === '⏰ feed the dog'),
  )
  assert.ok(!stage.telegram.sent(bobOnTelegram.id).some(({ text }) => text.includes('⏰ feed the cat')))
})
