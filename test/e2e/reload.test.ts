// coop.toml as editors treat it: renamed over, half written, gone and back, linked. What is valid takes effect, nothing else does.
import assert from 'node:assert/strict'
import {
  appendFileSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type RunningGateway, runCoop, startGateway } from '../support/coop.ts'
import { type FakeTelegram, openFakeTelegram } from '../support/fake-telegram.ts'
import { makeTestHome, type TestHome } from '../support/home.ts'
import { type LiveClient, openLiveClient } from '../support/live-client.ts'
import { until } from '../support/until.ts'

let telegram: FakeTelegram
let home: TestHome
let gateway: RunningGateway
let alice: LiveClient

const base = () => `[agent]
id = "coop"
model = "offline/coop"

[[users]]
name = "Alice"
trust = "full"
match = ["terminal:default"]

[channels.telegram]
token = "env:TELEGRAM_TOKEN"
api_root = "${telegram.url}"
`
const withUser = (name: string) => `${base()}\n[[users]]\nname = "${name}"\ntrust = "inner"\n`
const users = async () =>
  (await alice.client.call('command/run', { session: alice.who.session, command: '/users' })).text
const status = async () =>
  (await alice.client.call('command/run', { session: alice.who.session, command: '/status' })).text
const known = (name: string) => until(name, async () => (await users()).includes(name))
const starts = () => gateway.stderr().match(/the channel was started anew/g)?.length ?? 0

before(async () => {
  telegram = await openFakeTelegram()
  home = makeTestHome('', { TELEGRAM_TOKEN: telegram.token })
  home.configure(base())
  gateway = await startGateway(home)
  alice = await openLiveClient(home)
})
after(async () => {
  alice[Symbol.dispose]()
  await gateway[Symbol.asyncDispose]()
  home[Symbol.dispose]()
  await telegram[Symbol.asyncDispose]()
})

test('a file that is written beside and renamed over takes effect, and no channel is restarted for it', async () => {
  writeFileSync(`${home.config}~`, withUser('Bob'))
  renameSync(`${home.config}~`, home.config)
  await known('Bob')
  // As an editor does that first moves the old one away.
  renameSync(home.config, `${home.config}.bak`)
  writeFileSync(home.config, withUser('Carol'))
  await known('Carol')
  assert.doesNotMatch(await users(), /Bob/)
  assert.equal(starts(), 0)
})

test('a half-written file takes no effect, the whole one does', async () => {
  const text = withUser('Mallory').replace('trust = "inner"\n', 'trust = "familiar"\ntimezone = "UTC"\n')
  const cut = text.indexOf('"familiar"') + 5
  writeFileSync(home.config, text.slice(0, cut))
  await until('the complaint', async () => /coop\.toml:\d+: /.test(await status()))
  assert.match(await users(), /Carol/)
  appendFileSync(home.config, text.slice(cut))
  await known('Mallory (mallory), familiar')
  assert.doesNotMatch(await status(), /not valid/)
})

test('a file that is gone leaves what was in force, and counts again when it is back', async () => {
  rmSync(home.config)
  await until('that it is gone', async () => (await status()).includes('is gone'))
  assert.match(await users(), /Mallory/)
  writeFileSync(home.config, withUser('Bob'))
  await known('Bob')
  assert.doesNotMatch(await status(), /is gone/)
})

test('a file that becomes a link is followed: to another file, to its edits, to a third one', async () => {
  const [one, two] = [join(home.dir, 'elsewhere', 'one.toml'), join(home.dir, 'other', 'two.toml')]
  home.file('elsewhere/one.toml', withUser('Carol'))
  home.file('other/two.toml', withUser('Mallory'))
  rmSync(home.config)
  symlinkSync(one, home.config)
  await known('Carol')
  writeFileSync(one, withUser('Bob'))
  await known('Bob')
  writeFileSync(`${one}.new`, withUser('Carol'))
  renameSync(`${one}.new`, one)
  await known('Carol')
  symlinkSync(two, `${home.config}.new`)
  renameSync(`${home.config}.new`, home.config)
  await known('Mallory')
  // A change by chat goes through the link, which stays one.
  await alice.client.call('command/run', {
    session: alice.who.session,
    command: '/users rename mallory Bob',
  })
  assert.match(readFileSync(two, 'utf8'), /name = "Bob"/)
  assert.ok(lstatSync(home.config).isSymbolicLink())
})

test('a broken file may stand there when Coop starts: the last good one is in force, and is told', async () => {
  rmSync(home.config)
  home.configure(`${withUser('Bob')}\n[users]\n`)
  await until('the complaint', async () => /not valid/.test(await status()))
  alice[Symbol.dispose]()
  await gateway.stop()
  gateway = await startGateway(home)
  alice = await openLiveClient(home)
  assert.match(await users(), /Bob \(mallory\)/)
  assert.match(await status(), /! coop\.toml is not valid: .*coop\.toml:\d+/)
  home.configure(base())
  await until('nobody else', async () => !(await users()).includes('Bob'))
})

test('a channel is restarted for its own settings and secrets alone', async () => {
  const before_ = starts()
  home.configure(`${base()}\n[trace]\nkeep_days = 3\n`)
  await until('what is in force', async () => (await status()) !== '' && lastHistory().then(has('keep_days')))
  assert.equal(starts(), before_)
  home.configure(base().replace(`"${telegram.url}"`, `"${telegram.url}/"`))
  await until('the restart', () => starts() === before_ + 1)
})

const has = (word: string) => (text: string) => text.includes(word)
const lastHistory = async () => (await runCoop(home, ['config', 'diff'])).stdout

test('config get, diff and history are told as JSON', async () => {
  const lines = async (...args: string[]) => {
    const { code, stdout, stderr } = await runCoop(home, ['config', ...args, '--json'])
    assert.equal(code, 0, stderr)
    return stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>)
  }
  assert.deepEqual(await lines('get', 'agent.model'), ['offline/coop'])
  assert.deepEqual(await lines('get', 'agent.timezone'), [null])
  assert.equal(((await lines('get'))[0]!.users as unknown[]).length, 1)
  const all = await lines('history')
  assert.ok(all.length > 5)
  assert.deepEqual(Object.keys(all[0]!).sort(), ['at', 'diff', 'id', 'reason', 'state', 'via', 'who', 'why'])
  assert.deepEqual(await lines('diff'), [all[0]])
  assert.deepEqual(await lines('diff', String(all[2]!.id)), [all[2]])
  assert.match(
    (await runCoop(home, ['config', 'get', 'agent.modle', '--json'])).stderr,
    /did you mean “model”/,
  )
  const unknown = await runCoop(home, ['config', 'diff', '9999', '--json'])
  assert.deepEqual(
    [unknown.code, unknown.stderr],
    [1, 'coop: There is no such generation; the history lists them.\n'],
  )
  const refused = await runCoop(home, ['config', 'set', 'trace.keep_dys', '7'])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /coop\.toml:\d+: trace\.keep_dys: unknown key; did you mean "keep_days"/)
})
