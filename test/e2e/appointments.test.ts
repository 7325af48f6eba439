// Appointments through the real program: in groups, after a change of trust, and told when they did not arrive.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import { runCoop } from '../support/coop.ts'
import { newest, refuse, resultsIn, say, use, wordsIn } from '../support/fake-anthropic.ts'
import { openLiveClient } from '../support/live-client.ts'
import { alice, bob, household, openStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'

const chat = -1001
const group = `
[[groups]]
match = "telegram:${chat}"
members = ["alice", "bob"]
ceiling = "inner"
mention_names = ["coop"]
`
/** What became of the due times of a job, by its name: “state reason”, the newest first. */
function ledger(stage: Stage, name: string): string[] {
  const db = new Database(stage.home.database, { readonly: true })
  const rows = db.prepare('SELECT state, reason FROM run WHERE name = ? ORDER BY id DESC').all(name)
  db.close()
  return (rows as { state: string; reason: string | null }[]).map(row =>
    `${row.state} ${row.reason ?? ''}`.trim(),
  )
}
/** Waits for a row of the ledger that fits. */
const entered = (stage: Stage, name: string, fits: RegExp) =>
  until(`${fits} for “${name}”`, () => ledger(stage, name).find(row => fits.test(row)))
const textsTo = (stage: Stage, id: number) => stage.telegram.sent(id).map(sent => sent.text)

test('a job is delivered to its group, written from what the group may see', async () => {
  await using stage = await openStage({
    idle: true,
    toml: `${group}
[[cron]]
name = "dinner"
cron = "* * * * * *"
message = "What is for dinner?"
user = "alice"
[cron.deliver]
channel = "telegram"
target = "group:${chat}"
`,
  })
  stage.telegram.members.set(chat, [alice, bob])
  stage.home.file('workspaces/default/users/alice/USER.md', 'CANARY-ALICE')
  stage.home.file('workspaces/default/TOOLS.md', 'CANARY-FULL')
  stage.model.otherwise = () => say('Soup for everybody.')
  await stage.start()
  assert.equal((await stage.reply(chat)).text, 'Soup for everybody.')
  assert.match(stage.model.requests[0]!.raw, /What is for dinner\?/)
  assert.match(stage.model.requests[0]!.raw, /the job “dinner” of Alice/i)
  assert.doesNotMatch(stage.model.requests[0]!.raw, /CANARY/)
  assert.equal(stage.telegram.sent(alice.id).length, 0)
  await entered(stage, 'dinner', /^delivered/)
})

test('a reminder that was set in a group is said there, and shown by name to who set it alone', async () => {
  await using stage = await openStage({ toml: group })
  stage.telegram.members.set(chat, [alice, bob])
  stage.model.next(
    use('schedule', { action: 'create', kind: 'reminder', when: '+1s', text: 'soup is ready' }),
  )
  stage.telegram.write(bob, 'coop, remind us of the soup', { chat })
  await until('the reminder', () => textsTo(stage, chat).includes('⏰ soup is ready'))
  assert.equal(stage.telegram.sent(bob.id).length, 0)
  await entered(stage, 'soup is ready', /^delivered/)
  assert.match((await runCoop(stage.home, ['cron', 'history'])).stdout, /“a job of bob”, .*: delivered/)
  stage.telegram.write(bob, '/cron history')
  assert.match((await stage.reply(bob.id)).text, /“soup is ready”, .*: delivered/)
  stage.telegram.write(alice, '/cron history')
  const theirs = (await stage.reply(alice.id)).text
  assert.match(theirs, /“a job of bob”/)
  assert.doesNotMatch(theirs, /soup/)
})

test('in a group nobody reads what was set elsewhere, and words of a direct chat do not enter its reminders', async () => {
  await using stage = await openStage({ toml: group })
  stage.telegram.members.set(chat, [alice, bob])
  const set = (text: string) => use('schedule', { action: 'create', kind: 'reminder', when: '+2h', text })
  stage.model.next(set('a ring for Alice'))
  stage.telegram.write(bob, 'remind me of the ring')
  await stage.reply(bob.id)
  stage.model.next(set('the soup'))
  stage.telegram.write(bob, 'coop, remind us of the soup', { chat })
  await stage.reply(chat)
  stage.telegram.write(bob, '/cron', { chat })
  await stage.reply(chat, 2)
  stage.telegram.write(bob, '/cron history', { chat })
  await stage.reply(chat, 3)
  const said = textsTo(stage, chat).join('\n')
  assert.match(said, /reminder “the soup”/)
  assert.doesNotMatch(said, /ring for/)

  stage.model.next(
    use('schedule', { action: 'update', id: 'the soup', text: 'the soup, and the ring for Alice' }),
  )
  stage.telegram.write(bob, 'add the ring')
  await stage.reply(bob.id, 2)
  const [refused] = resultsIn(stage.model.requests.at(-1)!.body)
  assert.ok(refused!.isError)
  assert.match(refused!.text, /less is open than here/)
})

test('a job of somebody who is trusted less now does not run, and says so; one that runs is stopped', async () => {
  await using stage = await openStage()
  stage.model.next(
    use('schedule', { action: 'create', kind: 'task', when: '+1s', text: 'look after the CANARY' }),
  )
  stage.model.otherwise = ({ body }) =>
    wordsIn(body).includes('look after the CANARY') ? { kind: 'hang' } : say('Set.')
  stage.telegram.write(bob, 'look after it in a second')
  await until('the job', () =>
    stage.model.requests.some(({ body }) => newest(body).includes('look after the CANARY')),
  )
  using terminal = await openLiveClient(stage.home)
  const asked = stage.model.requests.length
  const { client, who } = terminal
  await client.call('command/run', { session: who.session, command: '/users level bob familiar' })
  await entered(stage, 'look after the CANARY', /^failed what it holds is no longer open to Bob there/)
  assert.equal(stage.model.requests.length, asked)
  assert.doesNotMatch(textsTo(stage, bob.id).join('\n'), /CANARY/)
})

test('at eight one note tells a person what did not arrive, once', async () => {
  await using stage = await openStage({
    idle: true,
    toml: `
[[cron]]
name = "briefing"
cron = "* * * * * *"
message = "What is on?"
user = "bob"
retries = 0
`,
  })
  stage.model.otherwise = () => refuse(400, 'no')
  const first = await stage.start()
  await entered(stage, 'briefing', /^failed rejected/)
  await first.stop()
  assert.equal(stage.telegram.sent(bob.id).length, 0)
  // As if it had been stopped since before eight.
  const db = new Database(stage.home.database)
  const moved = db.prepare("UPDATE job_cursor SET cursor = cursor - 86400000 WHERE job = 'note'").run()
  db.close()
  assert.equal(moved.changes, 1)
  stage.home.configure(
    `[agent]\nid = "coop"\n${household}\n[channels.telegram]\ntoken = "env:TELEGRAM_TOKEN"\napi_root = "${stage.telegram.url}"\n\n[[cron]]\nname = "other"\ncron = "0 0 1 1 *"\nmessage = "x"\n`,
  )
  await stage.start()
  const note = await stage.reply(bob.id)
  assert.match(note.text, /^What did not reach you:\n\n• “briefing”[\s\S]*: failed \(rejected: no\)/)
  await entered(stage, 'morning note', /^delivered/)
  assert.equal(stage.telegram.sent(bob.id).length, 1)
  assert.equal(stage.telegram.sent(alice.id).length, 0)
})

test('a refused coop.toml is told in the next turn of somebody fully trusted, once, and to nobody else', async () => {
  await using stage = await openStage()
  const before = stage.home
  using terminal = await openLiveClient(before)
  const { client, who } = terminal
  before.configure('[agent]\nid = "coop"\nmodle = "offline/coop"\n')
  await until('the complaint', async () =>
    /coop\.toml:3: agent\.modle/.test(
      (await client.call('command/run', { session: who.session, command: '/status' })).text,
    ),
  )
  stage.telegram.write(bob, 'hello from Bob')
  await stage.reply(bob.id)
  await terminal.ask('first')
  await terminal.ask('second')
  const told = (text: string) => {
    const request = stage.model.requests.find(({ body }) => newest(body) === text)!
    return JSON.stringify(request.body.messages.at(-1)).includes('coop.toml is not valid')
  }
  assert.deepEqual([told('hello from Bob'), told('first'), told('second')], [false, true, false])
  assert.match(
    stage.model.requests.at(-1)!.raw,
    /coop\.toml:3: agent\.modle: unknown key; did you mean \\"model\\"/,
  )
})
