// It configures itself by chat and keeps its appointments: the real program, the offline model.
import assert from 'node:assert/strict'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runCoop, startGateway } from '../support/coop.ts'
import { openFakeTelegram } from '../support/fake-telegram.ts'
import { makeTestHome } from '../support/home.ts'
import { type LiveClient, openLiveClient } from '../support/live-client.ts'
import { until } from '../support/until.ts'

const offline = `# The house of Alice.
[agent]
id = "coop" # short
model = "offline/coop"

[[users]]
name = "Alice"
trust = "full"
match = ["terminal:default"]
`

/** Runs a chat command as the terminal does; resolves to its answer. */
const command = async ({ client, who }: LiveClient, text: string): Promise<string> =>
  (await client.call('command/run', { session: who.session, command: text })).text

const codeIn = (text: string): string => /\/approve ([A-Z0-9]{6})/.exec(text)![1]!

test('a key that only the terminal may change is refused to the model, whatever was approved', async () => {
  using home = makeTestHome(offline)
  await using _gateway = await startGateway(home)
  using alice = await openLiveClient(home)
  const said = await alice.ask('set provider to {"name": "anthropic", "base_url": "http://127.0.0.1:9"}')
  assert.match(said, /only be changed at the terminal/)
  assert.equal(readFileSync(home.config, 'utf8'), offline)
  assert.match(await command(alice, '/config set provider.name offline'), /Changed, generation 2/)
})

test('a change that does not work rolls itself back, says why, and stands in the history', async () => {
  using home = makeTestHome(offline, {
    ANTHROPIC_API_KEY: 'sk-ant-api03-a-key-of-a-test',
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
  })
  await using _gateway = await startGateway(home)
  using alice = await openLiveClient(home)
  const question = await alice.ask('set agent.model to anthropic/claude-opus-4-6')
  assert.match(question, /costs more/)
  await command(alice, `/approve ${codeIn(question)}`)
  const told = /^Generation 2 was rolled back, anthropic\/claude-opus-4-6 does not answer/
  await until('the rollback', () => alice.said().find(text => told.test(text)))
  assert.equal(readFileSync(home.config, 'utf8'), offline)
  const history = await command(alice, '/config history')
  assert.match(history, /Generation 3, .*nobody by coop: generation 2 was rolled back/)
  assert.match(await alice.ask('hello'), /I am listening/)
})

test('the agent explains a key, previews a change, and goes back after a yes', async () => {
  using home = makeTestHome(offline)
  await using _gateway = await startGateway(home)
  using alice = await openLiveClient(home)
  assert.match(
    await alice.ask('what does users.trust do?'),
    /How far the person is trusted\. Takes effect at once; changed by chat, after a full person’s \/approve/,
  )
  const wish =
    '{"action": "preview", "changes": [{"key": "users", "value": [{"name": "Bob", "trust": "inner"}]}]}'
  const preview = await alice.ask(`use config ${wish}`)
  assert.match(
    preview,
    /new users\[bob\][\s\S]*Then each person would get:[\s\S]*Bob \(bob\) on terminal: inner; opens .*shared.*; tools .*; prompt about \d+ tokens/,
  )
  assert.equal(readFileSync(home.config, 'utf8'), offline)
  assert.match(await alice.ask('set trace.keep_days to 3'), /^Changed, generation 2/)
  const question = await alice.ask('roll back the config')
  assert.match(question, /Go back to generation 1 of the configuration\?[\s\S]*keep_days: 3 → 14/)
  await command(alice, `/approve ${codeIn(question)}`)
  await until('the way back', () => alice.said().find(text => text.startsWith('Changed, generation 3')))
  assert.match(await command(alice, '/config get trace.keep_days'), /14/)
})

test('the agent answers for itself from its status, its logs, its traces and its docs', async () => {
  using home = makeTestHome(offline)
  await using _gateway = await startGateway(home)
  using alice = await openLiveClient(home)
  await alice.ask('remember that the key is under the mat')
  assert.match(
    await alice.ask('why didn’t you reply?'),
    /Coop \d.*model offline\/coop\nchannels: terminal connected/,
  )
  assert.match(await alice.ask('use coop {"action": "logs", "find": "ready"}'), /ready home=/)
  const trace = await alice.ask('use coop {"action": "trace", "find": "memory_write"}')
  assert.match(trace, /trace \w+\n[\s\S]*message .*sender=terminal:default[\s\S]*tool .*tool=memory_write/)
  assert.doesNotMatch(trace, /under the mat/)
  for (const question of ['how do I let in my sister?', 'how do I add my sister?'])
    assert.match(await alice.ask(question), /\/approve CODE as NAME familiar/)
  assert.match(await alice.ask('how do I see what a job would ask for?'), /coop cron list/)
})

test('a channel whose change does not connect is rolled back, and the others stay as they were', async () => {
  await using telegram = await openFakeTelegram()
  using home = makeTestHome(offline, { TELEGRAM_TOKEN: telegram.token })
  await using _gateway = await startGateway(home)
  using alice = await openLiveClient(home)
  telegram.fail('getMe', { status: 401, description: 'Unauthorized' }, 100)
  telegram.fail('deleteWebhook', { status: 401, description: 'Unauthorized' }, 100)
  telegram.fail('getUpdates', { status: 401, description: 'Unauthorized' }, 100)
  const settings = `{"token": "env:TELEGRAM_TOKEN", "api_root": "${telegram.url}"}`
  const said = await command(alice, `/config set channels.telegram ${settings}`)
  assert.match(said, /^Generation 2 was rolled back, the channel telegram does not (work|connect)/)
  assert.equal(readFileSync(home.config, 'utf8'), offline)
  assert.match(await command(alice, '/status'), /channels: terminal connected$/m)
  assert.match(await alice.ask('hello'), /I am listening/)
})

test('an edited file takes effect at once, a broken one changes nothing and is told, and what is cold waits', async () => {
  using home = makeTestHome(offline)
  await using gateway = await startGateway(home)
  using alice = await openLiveClient(home)
  const status = () => command(alice, '/status')

  writeFileSync(`${home.config}.new`, `${offline}\n[[users]]\nname = "Bob"\ntrust = "inner"\n`)
  renameSync(`${home.config}.new`, home.config)
  await until('Bob', async () => (await command(alice, '/users')).includes('Bob'))

  home.configure(`${offline}\n[trace]\nkeep_dys = 1\n`)
  await until('the complaint', async () => /coop\.toml:\d+: trace\.keep_dys/.test(await status()))
  assert.match(await command(alice, '/users'), /Bob/)
  await until('the log says so', () => /the last good one stays in force/.test(gateway.stderr()))

  rmSync(home.config)
  await until('that it is gone', async () => (await status()).includes('is gone'))
  home.configure(offline.replace('id = "coop"', 'id = "other"'))
  await until('what waits', async () => (await status()).includes('agent.id waits for a restart'))
  await until('no Bob', async () => !(await command(alice, '/users')).includes('Bob'))
})

test('with a broken file the last good configuration starts, and a rollback mends the file', async () => {
  using home = makeTestHome(offline)
  await startGateway(home).then(gateway => gateway.stop())
  home.configure('[agent\n')
  await using _gateway = await startGateway(home)
  using alice = await openLiveClient(home)
  assert.match(await alice.ask('hello'), /I am listening/)
  assert.match(await command(alice, '/config set trace.keep_days 3'), /The file is broken/)
  assert.match(await command(alice, '/config rollback'), /stands in the file again/)
  assert.equal(readFileSync(home.config, 'utf8'), offline)
  assert.equal(readFileSync(join(home.dir, 'coop.toml.broken'), 'utf8'), '[agent\n')
})

test('a channel that is added starts, and one that is taken away stops, by themselves', async () => {
  await using telegram = await openFakeTelegram()
  using home = makeTestHome(offline, { TELEGRAM_TOKEN: telegram.token })
  await using _gateway = await startGateway(home)
  using alice = await openLiveClient(home)
  home.configure(
    `${offline}\n[channels.telegram]\ntoken = "env:TELEGRAM_TOKEN"\napi_root = "${telegram.url}"\n`,
  )
  await until('telegram', async () => (await command(alice, '/status')).includes('telegram connected'))
  home.configure(offline)
  await until('no telegram', async () => !(await command(alice, '/status')).includes('telegram'))
})

test('a job of coop.toml reaches its user on Telegram, and one whose user is gone does not run and says so', async () => {
  await using telegram = await openFakeTelegram()
  const users = offline.replace('"terminal:default"', '"terminal:default", "telegram:1001"')
  const jobs = `
[channels.telegram]
token = "env:TELEGRAM_TOKEN"
api_root = "${telegram.url}"

[[cron]]
name = "briefing"
cron = "* * * * * *"
message = "hello"
user = "alice"
`
  using home = makeTestHome(users + jobs, { TELEGRAM_TOKEN: telegram.token })
  await using _gateway = await startGateway(home)
  const sent = await until('the briefing', () => telegram.sent(1001)[0])
  assert.equal(sent.text, 'Hello! I am listening.')
  const { stdout } = await runCoop(home, ['cron', 'history', 'briefing'])
  assert.match(stdout, /“briefing”, .*: (delivered|on its way)/)
})
