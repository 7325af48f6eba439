// Who is listening decides what exists: groups, capped channels, and other people's sessions, through the real gateway.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCoop } from '../support/coop.ts'
import { say, use, type WireRequest } from '../support/fake-anthropic.ts'
import { openLiveClient } from '../support/live-client.ts'
import { alice, bob, carol, household, mallory, openStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'

const chat = -1001
const group = (members: string) =>
  `[[groups]]\nmatch = "telegram:${chat}"\nmembers = [${members}]\nceiling = "inner"\nmention_names = ["coop"]\n`

const isSubagent = (body: WireRequest) => JSON.stringify(body.messages).includes('You are a subagent')
const lastRequest = (stage: Stage) => stage.model.requests.at(-1)!.raw

test('a listed group is answered when it is addressed, in the group, and overheard otherwise', async () => {
  await using stage = await openStage({ toml: group('"alice", "bob"') })
  stage.telegram.members.set(chat, [alice, bob])
  stage.telegram.write(bob, 'we eat at eight', { chat })
  const asked = stage.telegram.write(alice, 'coop, when do we eat?', { chat })
  const sent = await stage.reply(chat)
  assert.deepEqual(sent.body.reply_parameters, {
    message_id: asked.message_id,
    allow_sending_without_reply: true,
  })
  assert.match(lastRequest(stage), /Bob: we eat at eight/)
  assert.equal(stage.model.requests.length, 1)
})

test('what was said alone is not in the group, and what the group of two could hear is gone once a third joins', async () => {
  await using stage = await openStage({ toml: group('"alice", "bob"') })
  stage.telegram.members.set(chat, [alice, bob])
  using terminal = await openLiveClient(stage.home)
  await terminal.ask('CANARY-ALONE is my secret')
  stage.telegram.write(alice, 'coop, CANARY-GROUP is ours', { chat })
  await stage.reply(chat)
  assert.doesNotMatch(lastRequest(stage), /CANARY-ALONE/)
  stage.telegram.members.set(chat, [alice, bob, mallory])
  stage.telegram.write(bob, 'coop, what was ours?', { chat })
  await stage.reply(chat, 2)
  assert.doesNotMatch(lastRequest(stage), /CANARY-ALONE|CANARY-GROUP/)
})

test('a group that is not listed hears nothing, and the owner is told once', async () => {
  await using stage = await openStage()
  stage.telegram.members.set(chat, [alice, bob])
  stage.telegram.write(bob, '@coop_bot hello', { chat, title: 'Neighbours' })
  stage.telegram.write(bob, '@coop_bot hello?', { chat, title: 'Neighbours' })
  assert.match((await stage.reply(alice.id)).text, /“Neighbours”, which is not listed/)
  await until('all is confirmed', () => stage.telegram.pending().length === 0)
  await sleep(200)
  assert.equal(stage.telegram.sent(chat).length, 0)
  assert.equal(stage.telegram.sent(alice.id).length, 1)
  assert.equal(stage.model.requests.length, 0)
})

test('max_trust lowers a person on that channel alone', async () => {
  const users = household.replace('trust = "full"', 'trust = "full"\nmax_trust = { telegram = "familiar" }')
  await using stage = await openStage({ users })
  using terminal = await openLiveClient(stage.home)
  await terminal.ask('CANARY-FULL is private')
  stage.telegram.write(alice, 'what is private?')
  await stage.reply(alice.id)
  assert.doesNotMatch(lastRequest(stage), /CANARY-FULL/)
  stage.telegram.write(alice, '/status')
  assert.equal((await stage.reply(alice.id, 2)).text, 'heard: /status')
  assert.match(await terminal.ask('/status'), /channels:/)
})

test('two people of one level see nothing of each other', async () => {
  await using stage = await openStage({
    users: household.replace('name = "Carol"\ntrust = "familiar"', 'name = "Carol"\ntrust = "inner"'),
  })
  stage.telegram.write(bob, 'CANARY-BOB is mine')
  await stage.reply(bob.id)
  stage.telegram.write(carol, 'what does Bob say?')
  await stage.reply(carol.id)
  assert.doesNotMatch(lastRequest(stage), /CANARY-BOB/)
  stage.telegram.write(carol, '/sessions')
  assert.doesNotMatch((await stage.reply(carol.id, 2)).text, /direct:bob/)
})

test('/whoami, /new, /undo, /retry and /model do what they say', async () => {
  await using stage = await openStage()
  using terminal = await openLiveClient(stage.home)
  assert.match(await terminal.ask('/whoami'), /You are Alice \(alice\)\.\nYou may act here as: full\./)
  await terminal.ask('one')
  assert.equal(await terminal.ask('/retry'), 'heard: one')
  assert.match(await terminal.ask('/undo'), /^Taken back: “one”/)
  await terminal.ask('two')
  assert.doesNotMatch(lastRequest(stage), /"one"/)
  assert.equal(await terminal.ask('/new'), 'A fresh conversation.')
  await terminal.ask('three')
  assert.doesNotMatch(lastRequest(stage), /"two"/)
  assert.match(await terminal.ask('/model offline/coop'), /^Answering from now on: offline\/coop/)
  assert.equal(await terminal.ask('hello'), 'Hello! I am listening.')
  assert.match(await terminal.ask('/models'), /\* offline\/coop/)
  assert.match(await terminal.ask('/help'), /\/approve/)
})

test('a conversation that is called after a task or a job is named only where its words may be read', async () => {
  await using stage = await openStage({ toml: '\n[subagents]\ntrust = "inner"\n' })
  stage.model.otherwise = ({ body }) => say(isSubagent(body) ? 'weighed' : 'done')
  stage.model.next(
    use('subagent', { action: 'spawn', task: 'weigh the safe', background: true }),
    say('sent off'),
  )
  stage.telegram.write(bob, 'weigh it')
  await until('the helper’s answer', () =>
    stage.telegram.sent(bob.id).some(sent => sent.text.includes('weighed')),
  )
  stage.model.next(
    use('schedule', { action: 'create', kind: 'task', text: 'open the safe', when: '+9h' }),
    say('set'),
  )
  stage.telegram.write(bob, 'remind me')
  await until('it is set', () => stage.telegram.sent(bob.id).some(sent => sent.text === 'set'))
  stage.telegram.write(bob, '/cron run open the safe')
  await until('it ran', () => stage.telegram.sent(bob.id).some(sent => sent.text === 'done'))
  const lists = async () => {
    const { stdout } = await runCoop(stage.home, ['sessions', '--user', 'bob'])
    const before = stage.telegram.sent(bob.id).length
    stage.telegram.write(bob, '/sessions')
    return { shell: stdout, chat: (await stage.reply(bob.id, before + 1)).text }
  }
  const inner = await lists()
  assert.match(inner.shell, /weigh the safe/)
  for (const text of Object.values(inner)) assert.match(text, /open the safe/)
  await stage.configure(toml => toml.replace('trust = "inner"', 'trust = "familiar"'))
  const lowered = await lists()
  for (const text of Object.values(lowered)) assert.doesNotMatch(text, /the safe/)
  assert.match(lowered.shell, /job:/)
})
