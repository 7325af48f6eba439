// People by chat, through the real program: renamed, trusted otherwise, looked at, and two that become one.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type RunningGateway, runCoop, startGateway } from '../support/coop.ts'
import { type FakeTelegram, openFakeTelegram, type Writer } from '../support/fake-telegram.ts'
import { makeTestHome, type TestHome } from '../support/home.ts'
import { type LiveClient, openLiveClient } from '../support/live-client.ts'
import { until } from '../support/until.ts'

const bob: Writer = { id: 1002, name: 'Bob' }
const robert: Writer = { id: 1004, name: 'Robert' }
const carol: Writer = { id: 1003, name: 'Carol' }

const household = (telegram: FakeTelegram): string => `[agent]
id = "coop"
model = "offline/coop"

# Everybody.
[[users]]
name = "Alice"
trust = "full"
match = ["terminal:default"]

[[users]]
name = "Bob"
trust = "inner"
match = ["telegram:1002"]

[[users]]
name = "Robert"
trust = "inner"
match = ["telegram:1004"]
max_trust = { telegram = "inner" }

[[users]]
name = "Carol"
trust = "familiar"
match = ["telegram:1003"]

[channels.telegram]
token = "env:TELEGRAM_TOKEN"
api_root = "${telegram.url}"
`

const command = async ({ client, who }: LiveClient, text: string): Promise<string> =>
  (await client.call('command/run', { session: who.session, command: text })).text

/** Says yes to what Alice is asked, and waits until it is done. */
async function agree(alice: LiveClient, question: string): Promise<string> {
  const from = alice.said().length
  await command(alice, `/approve ${/\/approve ([A-Z0-9]{6})/.exec(question)![1]!}`)
  return until('the outcome', () =>
    alice
      .said()
      .slice(from)
      .find(text => /generation \d/i.test(text)),
  )
}

let telegram: FakeTelegram
let home: TestHome
let gateway: RunningGateway

before(async () => {
  telegram = await openFakeTelegram()
  home = makeTestHome(household(telegram), { TELEGRAM_TOKEN: telegram.token })
  gateway = await startGateway(home)
})
after(async () => {
  await gateway[Symbol.asyncDispose]()
  home[Symbol.dispose]()
  await telegram[Symbol.asyncDispose]()
})

/** Writes on Telegram and waits for an answer that fits. */
async function answer(who: Writer, text: string, fits: RegExp): Promise<string> {
  const from = telegram.sent(who.id).length
  telegram.write(who, text)
  const found = await until(`${fits} for “${text}”`, () =>
    telegram
      .sent(who.id)
      .slice(from)
      .find(sent => fits.test(sent.text)),
  )
  return found.text
}

test('a person is renamed by command and by tool, and keeps id and everything that hangs on it', async () => {
  using alice = await openLiveClient(home)
  assert.match(await command(alice, '/users rename carol Caroline'), /name: "Carol" → "Caroline"/)
  assert.match(await command(alice, '/users'), /Caroline \(carol\), familiar: telegram:1003/)
  const question = await alice.ask('rename Caroline to Carol')
  assert.match(question, /Change people\?[\s\S]*"Caroline" → "Carol"/)
  assert.match(await command(alice, '/users'), /Caroline/)
  await agree(alice, question)
  assert.match(await command(alice, '/users'), /Carol \(carol\)/)
  assert.match(readFileSync(home.config, 'utf8'), /# Everybody\./)
})

test('a level is changed by command and by tool, and counts in the next message', async () => {
  using alice = await openLiveClient(home)
  await answer(carol, '/whoami', /act here as: familiar/)
  assert.match(await command(alice, '/users level carol inner'), /"familiar" → "inner"/)
  await answer(carol, '/whoami', /act here as: inner/)
  const question = await alice.ask('make Carol familiar')
  assert.match(question, /users\[carol\]\.trust: "inner" → "familiar"/)
  await agree(alice, question)
  await answer(carol, '/whoami', /act here as: familiar/)
  assert.match(await command(alice, '/users level carol total'), /“total” is no level; take public/)
  assert.match(await command(alice, '/users level alice inner'), /nobody would be fully trusted/)
})

test('what somebody would see is told by command and by tool, to full trust alone', async () => {
  using alice = await openLiveClient(home)
  const line =
    /Carol \(carol\) on telegram: familiar; opens .*personal:carol.*; tools .*; prompt about \d+ tokens/
  assert.match(await command(alice, '/users see carol'), line)
  assert.match(await alice.ask('what would Carol see?'), line)
  await answer(bob, '/users see carol', /You wrote: “\/users see carol”/)
  await answer(bob, 'what would Carol see?', /Nothing found/)
})

test('two identities become one after a yes that says what joins, and memory, files and jobs go with them', async () => {
  using alice = await openLiveClient(home)
  await answer(
    robert,
    'use memory_write {"text": "The otter lives at the bridge", "store": "personal"}',
    /Remembered in personal/,
  )
  await answer(
    bob,
    'use memory_write {"text": "The heron lives at the weir", "store": "personal"}',
    /Remembered in personal/,
  )
  await answer(robert, 'remind me at 23:59 to feed the otter', /Set: reminder/)
  home.file('workspaces/default/users/robert/personal/otter.txt', 'by the bridge')
  await answer(bob, 'what do you know about the otter', /Nothing found/)

  const shown = await command(alice, '/users merge robert bob')
  assert.match(shown, /Robert and Bob become one person: Bob \(bob\), trusted as inner/)
  assert.match(shown, /writes as telegram:1004 then reads what is personal to Bob: memories \d+/)
  assert.match(shown, /cannot be taken apart again/)
  assert.doesNotMatch(shown, /otter|heron/)
  assert.match(await command(alice, '/users'), /Robert \(robert\)/)

  const question = await alice.ask('merge Robert into Bob')
  assert.match(question, /joins it: memories \d+, files 1, conversations 1, jobs 1/)
  assert.match(question, /telegram:1004/)
  assert.match(await agree(alice, question), /What was personal to robert is Bob’s now/)

  assert.doesNotMatch(await command(alice, '/users'), /Robert/)
  await answer(robert, 'what do you know about the heron', /heron lives at the weir/)
  await answer(bob, 'what do you know about the otter', /otter lives at the bridge/)
  await answer(bob, 'what is scheduled?', /feed the otter/)
  const folder = join(home.dir, 'workspaces/default/users')
  assert.equal(
    readFileSync(join(folder, 'bob/personal/from-robert/personal/otter.txt'), 'utf8'),
    'by the bridge',
  )
  assert.ok(!existsSync(join(folder, 'robert')))
  assert.match(await command(alice, '/whoami'), /alice/)
  assert.match(await alice.ask('what do you know about the otter'), /Nothing found/)
  assert.match(await command(alice, '/config history'), /alice by chat: merge Robert Bob/)
})

test('somebody new who is called like the one that is gone begins with nothing', async () => {
  using alice = await openLiveClient(home)
  const added = await alice.ask('add Robert as inner telegram:1009')
  await agree(alice, added)
  const other: Writer = { id: 1009, name: 'Robert' }
  await answer(other, 'what do you know about the otter', /Nothing found/)
  await answer(other, 'what is scheduled?', /Nothing is scheduled/)
  await answer(other, '/sessions', /^direct:robert /)
  assert.match(
    await command(alice, '/users merge robert bob yes'),
    /What was personal to robert is Bob’s now/,
  )
})

test('a merge that dies at once is finished at the next start', async () => {
  using alice = await openLiveClient(home)
  await agree(alice, await alice.ask('add Robert as inner telegram:1010'))
  const other: Writer = { id: 1010, name: 'Robert' }
  await answer(
    other,
    'use memory_write {"text": "The badger digs at night", "store": "personal"}',
    /Remembered/,
  )
  const change = command(alice, '/users merge robert bob yes').catch(() => {})
  await until('the changed file', () => !readFileSync(home.config, 'utf8').includes('Robert'))
  await gateway.kill()
  await change
  gateway = await startGateway(home)
  await until('the join', () => !existsSync(join(home.dir, 'db', 'personal', 'robert.db')))
  await answer(bob, 'what do you know about the badger', /badger digs at night/)
})

test('who is called like somebody who is gone is let in under an id of their own, and a patch that is not says what it opens', async () => {
  using alice = await openLiveClient(home)
  await agree(alice, await alice.ask('add Mallory as familiar telegram:1012'))
  await answer({ id: 1012, name: 'Mallory' }, 'hello', /I am listening/)
  assert.match(await command(alice, '/config unset users[mallory]'), /gone users\[mallory\]/)
  assert.match(
    await alice.ask('add Mallory as familiar telegram:1014'),
    /Somebody who is gone had the id mallory: what was personal to them opens to this person/,
  )
  const other: Writer = { id: 1013, name: 'Mallory' }
  const code = /the code ([A-Z0-9]{6})/.exec(await answer(other, 'let me in', /the code/))![1]!
  assert.match(await command(alice, `/approve ${code} as Mallory familiar`), /Mallory is known now/)
  await answer(other, '/whoami', /You are Mallory \(mallory-2\)/)
})

test('two are merged at the shell, with no gateway running', async () => {
  await gateway.stop()
  const merged = await runCoop(home, ['users', 'merge', 'carol', 'bob'])
  assert.equal(merged.code, 0, merged.stderr)
  assert.match(merged.stdout, /users\[carol\][\s\S]*What was personal to carol is Bob’s now/)
  const again = await runCoop(home, ['users', 'merge', 'carol', 'bob'])
  assert.equal(again.code, 1)
  assert.match(again.stderr, /There is no user “carol”/)
  gateway = await startGateway(home)
  await answer(carol, '/whoami', /You are Bob \(bob\)/)
})
