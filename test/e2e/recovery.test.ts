// After a crash, a shutdown or a platform's bad hour: nothing that was accepted is lost, nothing is said twice.
import assert from 'node:assert/strict'
import { renameSync, rmSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { runCoop } from '../support/coop.ts'
import { newest, say, use, wordsIn } from '../support/fake-anthropic.ts'
import { openLiveClient } from '../support/live-client.ts'
import { alice, bob, carol, openStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'

const texts = (stage: Stage, chat: number) => stage.telegram.sent(chat).map(sent => sent.text)
const gone = (stage: Stage) => until('all is confirmed', () => stage.telegram.pending().length === 0)

/** The one reply in the outbox. */
function stored(stage: Stage): { state: string; repeated: number; nextAt: number | null } {
  const db = new Database(stage.home.database, { readonly: true })
  const row = db.prepare('SELECT state, repeated, nullif(next_at, 0) AS nextAt FROM outbox').get()
  db.close()
  return (row ?? { state: 'none', repeated: 0, nextAt: null }) as ReturnType<typeof stored>
}

test('a turn that a crash interrupted is run on and answered once', async () => {
  await using stage = await openStage()
  stage.model.next({ kind: 'hang' })
  stage.telegram.write(bob, 'are you there?')
  await until('the model is asked', () => stage.model.requests.length === 1)
  await gone(stage)
  await stage.gateway.kill()
  await stage.start()
  assert.equal((await stage.reply(bob.id)).text, 'heard: are you there?')
  await sleep(200)
  assert.equal(stage.telegram.sent(bob.id).length, 1)
})

test('messages that waited behind the interrupted turn are answered after it', async () => {
  await using stage = await openStage()
  stage.model.next({ kind: 'hang' })
  stage.telegram.write(bob, 'one')
  await until('the model is asked', () => stage.model.requests.length === 1)
  stage.telegram.write(bob, 'two')
  stage.telegram.write(carol, 'somebody else')
  await stage.reply(carol.id)
  await gone(stage)
  await stage.gateway.kill()
  await stage.start()
  await stage.reply(bob.id, 2)
  assert.deepEqual(texts(stage, bob.id), ['heard: one', 'heard: two'])
})

test('a turn that ran before a crash ends before one that was woken behind it', async () => {
  await using stage = await openStage()
  stage.model.next(use('message', { to: 'Bob', text: 'Dinner is at eight.' }))
  stage.telegram.write(alice, 'tell Bob')
  const code = /approve ([A-Z2-9]{6})/.exec((await stage.reply(alice.id)).text)![1]
  stage.model.next({ kind: 'hang' })
  stage.telegram.write(alice, 'and meanwhile?')
  await until('the model is asked', () => stage.model.requests.length === 2)
  stage.telegram.write(alice, `/approve ${code}`)
  await until('the yes is taken', () => texts(stage, alice.id).includes('Approved.'))
  await stage.gateway.kill()
  await stage.start()
  await until(
    'both are answered',
    () => texts(stage, alice.id).filter(text => text.startsWith('heard:')).length === 2,
  )
  assert.deepEqual(
    stage.model.requests.slice(2).map(({ body }) => newest(body)),
    ['and meanwhile?', 'tell Bob'],
  )
  await stage.reply(bob.id)
  assert.deepEqual(texts(stage, bob.id), ['Alice says: Dinner is at eight.'])
})

test('a stopped gateway lets a running turn end and its reply leave', async () => {
  await using stage = await openStage()
  stage.model.next(say('a slow answer', { delayMs: 700 }))
  stage.telegram.write(bob, 'slowly')
  await until('the model is asked', () => stage.model.requests.length === 1)
  assert.equal(await stage.gateway.stop(), 0)
  assert.deepEqual(texts(stage, bob.id), ['a slow answer'])
})

test('the same update twice is answered once', async () => {
  await using stage = await openStage()
  const message = stage.telegram.write(bob, 'only once')
  await stage.reply(bob.id)
  stage.telegram.push({ message } as never)
  await gone(stage)
  await sleep(200)
  assert.equal(stage.model.requests.length, 1)
  assert.equal(stage.telegram.sent(bob.id).length, 1)
})

test('a live client that sends one message twice under one id is answered once', async () => {
  await using stage = await openStage()
  using terminal = await openLiveClient(stage.home)
  await terminal.send('only once', 'the-id')
  await terminal.send('only once', 'the-id')
  await until('the answer', () => terminal.said().includes('heard: only once'))
  await sleep(200)
  assert.equal(stage.model.requests.length, 1)
})

test('429 on sending is waited for as long as the platform says', async () => {
  await using stage = await openStage()
  stage.telegram.fail('sendMessage', { status: 429, retryAfter: 1 })
  stage.telegram.write(bob, 'hello')
  await stage.reply(bob.id)
  const attempts = stage.telegram.calls.filter(call => call.method === 'sendMessage')
  assert.equal(attempts.length, 2)
  assert.ok(attempts[1]!.at - attempts[0]!.at >= 990, JSON.stringify(attempts))
})

test('failed sends are tried again, and later parts wait for earlier ones', async () => {
  await using stage = await openStage()
  stage.telegram.fail('sendMessage', 'drop')
  stage.model.next(say(`first\n\n${'x'.repeat(4090)}\n\nlast`))
  stage.telegram.write(bob, 'hello')
  await until('the last part', () => texts(stage, bob.id).some(text => text.endsWith('last')))
  assert.deepEqual(
    texts(stage, bob.id).map(text => text.slice(0, 5)),
    ['first', 'xxxxx'],
  )
})

test('a part that the platform will never take is told to the owner, and the next message is answered', async () => {
  await using stage = await openStage()
  stage.telegram.write(alice, 'hello')
  await stage.reply(alice.id)
  stage.telegram.fail('sendMessage', { status: 403, description: 'Forbidden: bot was blocked by the user' })
  stage.telegram.write(bob, 'hello')
  const told = await stage.reply(alice.id, 2)
  assert.match(told.text, /A reply on telegram to Bob could not be delivered: .*blocked by the user/)
  stage.telegram.write(bob, 'hello again')
  assert.equal((await stage.reply(bob.id)).text, 'heard: hello again')
})

test('polling goes on after 409, garbage and broken connections', async () => {
  await using stage = await openStage()
  stage.telegram.fail('getUpdates', { status: 409, description: 'Conflict' })
  stage.telegram.fail('getUpdates', 'garbage')
  stage.telegram.fail('getUpdates', 'drop')
  stage.telegram.write(bob, 'still there?')
  assert.equal((await stage.reply(bob.id)).text, 'heard: still there?')
})

test('a send whose answer was lost in a crash is sent again, and counted as repeated', async () => {
  await using stage = await openStage()
  stage.telegram.fail('sendMessage', 'hang')
  stage.telegram.write(bob, 'hello')
  await until('it is being sent', () => stage.telegram.calls.some(call => call.method === 'sendMessage'))
  await stage.gateway.kill()
  await stage.start()
  await stage.reply(bob.id)
  await until('it is stored', () => stored(stage).state === 'sent')
  assert.equal(stored(stage).repeated, 1)
})

test('a retried send that a crash interrupts is counted as repeated too', async () => {
  await using stage = await openStage()
  stage.telegram.fail('sendMessage', { status: 429, retryAfter: 2 })
  stage.telegram.write(bob, 'hello')
  const failedAt = await until('it failed once', () => stored(stage).nextAt)
  await stage.gateway.kill()
  await sleep(failedAt - Date.now())
  stage.telegram.fail('sendMessage', 'hang')
  await stage.start()
  await until(
    'it is being sent',
    () => stage.telegram.calls.filter(call => call.method === 'sendMessage').length === 2,
  )
  await stage.gateway.kill()
  await stage.start()
  await stage.reply(bob.id)
  await until('it is stored', () => stored(stage).state === 'sent')
  assert.equal(stored(stage).repeated, 1)
})

test('a command that a crash kept from being answered is taken up again, and changes nothing a second time', async () => {
  await using stage = await openStage()
  const tell = async (text: string) => {
    const already = stage.telegram.sent(alice.id).length
    stage.telegram.write(alice, text)
    return (await stage.reply(alice.id, already + 1)).text
  }
  for (const number of [5, 7]) await tell(`/config set access.public_daily_messages ${number}`)
  for (const words of ['one', 'two']) await tell(words)
  await tell('/config rollback')
  assert.match(stage.toml(), /public_daily_messages = 5/)
  assert.match(await tell('/undo'), /“two”/)
  await gone(stage)
  await stage.gateway.kill()
  const db = new Database(stage.home.database)
  db.exec(
    `UPDATE inbox SET state = 'new' WHERE body LIKE '%"text":"/config rollback"%' OR body LIKE '%"text":"/undo%'`,
  )
  db.close()
  await stage.start()
  await until('both are taken up', () => {
    const now = new Database(stage.home.database, { readonly: true })
    const open = now.prepare("SELECT count(*) AS n FROM inbox WHERE state IN ('new', 'running')").get()
    now.close()
    return (open as { n: number }).n === 0
  })
  assert.match(stage.toml(), /public_daily_messages = 5/)
  // An answer that was under way at the crash may come once more before it.
  stage.telegram.write(alice, 'three')
  await until('the reply', () => texts(stage, alice.id).includes('heard: three'))
  assert.deepEqual(wordsIn(stage.model.requests.at(-1)!.body), ['one', 'three'])
})

test('while the database is not where it was opened nothing is taken in or said; it is once the file is back, or after a restart', async () => {
  await using stage = await openStage()
  const { database } = stage.home
  stage.telegram.write(bob, 'first')
  await stage.reply(bob.id)
  renameSync(database, `${database}.away`)
  stage.telegram.write(bob, 'second')
  const refusals = () => stage.gateway.stderr().split('listening was interrupted').length - 1
  await until('it is refused twice', () => refusals() >= 2)
  const { stdout } = await runCoop(stage.home, ['status'])
  assert.match(stdout, /^! .*coop\.db was moved, replaced or deleted under the running gateway/m)
  assert.equal(stage.telegram.pending().length, 1)
  assert.deepEqual(texts(stage, bob.id), ['heard: first'])
  renameSync(`${database}.away`, database)
  assert.equal((await stage.reply(bob.id, 2)).text, 'heard: second')
  await gone(stage)

  for (const file of [database, `${database}-wal`, `${database}-shm`]) rmSync(file, { force: true })
  stage.telegram.write(bob, 'third')
  const before = refusals()
  await until('it is refused', () => refusals() > before)
  await stage.gateway.kill()
  await stage.start()
  assert.equal((await stage.reply(bob.id, 3)).text, 'heard: third')
})

test('what was said before a restart is in the conversation after it', async () => {
  await using stage = await openStage()
  stage.telegram.write(bob, 'first')
  await stage.reply(bob.id)
  await stage.gateway.stop()
  await stage.start()
  stage.telegram.write(bob, 'second')
  await stage.reply(bob.id, 2)
  assert.deepEqual(wordsIn(stage.model.requests[1]!.body), ['first', 'second'])
  const roles = stage.model.requests[1]!.body.messages.map(message => message.role)
  assert.deepEqual(roles, ['user', 'assistant', 'user'])
})
