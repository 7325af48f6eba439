// A configuration that cannot work: the command ends with a line that says where and what to do.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runCoop } from '../support/coop.ts'
import { makeTestHome } from '../support/home.ts'
import { openLiveClient } from '../support/live-client.ts'
import { openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'

const offline = '[agent]\nid = "coop"\nmodel = "offline/coop"\n'

const refused: readonly { title: string; toml: string; says: RegExp }[] = [
  {
    title: 'malformed TOML is refused with its line',
    toml: `${offline}[[users]\nname = "Alice"\n`,
    says: /coop\.toml:4: /,
  },
  {
    title: 'an unknown key is refused with its line and the nearest known one',
    toml: `${offline}\n[[users]]\nname = "Alice"\ntrsut = "full"\n`,
    says: /coop\.toml:7: users\[0\]\.trsut: unknown key; did you mean "trust"\?/,
  },
  {
    title: 'an unknown table is refused with the nearest known one',
    toml: `${offline}\n[chanels.telegram]\ntoken = "env:T"\n`,
    says: /coop\.toml:5: chanels: unknown key; did you mean "channels"\?/,
  },
  {
    title: 'a wrong type is refused with its line and what is expected',
    toml: `${offline}\n[access]\npublic_daily_messages = "many"\n`,
    says: /coop\.toml:6: access\.public_daily_messages: invalid input: expected number, received string/,
  },
  {
    title: 'a word outside its choices is refused with the choices',
    toml: `${offline}\n[[users]]\nname = "Alice"\ntrust = "total"\n`,
    says: /coop\.toml:7: users\[0\]\.trust: .*"public"\|"familiar"\|"inner"\|"full"/,
  },
  {
    title: 'a missing key is refused by name',
    toml: '[agent]\nmodel = "offline/coop"\n',
    says: /coop\.toml:1: agent\.id: is missing/,
  },
  {
    title: 'a user matched twice is refused with who has the match',
    toml: `${offline}
[[users]]
name = "Alice"
trust = "full"
match = ["telegram:1"]

[[users]]
name = "Bob"
trust = "inner"
match = ["telegram:1"]
`,
    says: /coop\.toml:13: users\[1\]\.match: the match "telegram:1" belongs to Alice already/,
  },
  {
    title: 'two users of one id are refused',
    toml: `${offline}[[users]]\nname = "Bob A"\ntrust = "full"\n[[users]]\nname = "Bob B"\ntrust = "full"\n`,
    says: /users\[1\]\.name: the id "bob" belongs to Bob A already/,
  },
  {
    title: 'a malformed match is refused',
    toml: `${offline}[[users]]\nname = "Alice"\ntrust = "full"\nmatch = ["telegram"]\n`,
    says: /users\[0\]\.match\[0\]: a match is "channel:identifier"/,
  },
  {
    title: 'a literal secret is refused and not repeated',
    toml: `${offline}[channels.telegram]\ntoken = "100000001:AAthisIsARealSecretThatMustNotBePrinted"\n`,
    says: /channels\.telegram\.token: a secret stands here literally; write it as "env:NAME"/,
  },
]

for (const { title, toml, says } of refused) {
  test(title, async () => {
    using home = makeTestHome(toml)
    const ended = await runCoop(home, ['start'])
    assert.match(ended.stderr, says)
    assert.equal(ended.code, 4)
    assert.equal(ended.stdout, '')
    assert.doesNotMatch(ended.stderr, /AAthisIsARealSecret|\n\s+at /)
  })
}

test('without a key the gateway does not start, says which variable to set, and exits 4', async () => {
  using home = makeTestHome('[agent]\nid = "coop"\n')
  const ended = await runCoop(home, ['start'])
  assert.equal(ended.code, 4)
  assert.match(
    ended.stderr,
    /^coop: There is no key for anthropic\/.*write ANTHROPIC_API_KEY=… into .*\.env .*offline\/coop/,
  )
})

test('a model that no provider answers for is refused by name', async () => {
  using home = makeTestHome('[agent]\nid = "coop"\nmodel = "antropic/claude"\n')
  const ended = await runCoop(home, ['start'])
  assert.equal(ended.code, 4)
  assert.match(ended.stderr, /No provider answers for the model "antropic\/claude"/)
})

test('a configuration that does not exist is named', async () => {
  using home = makeTestHome(offline)
  const ended = await runCoop(home, ['--config', 'nowhere.toml', 'start'])
  assert.equal(ended.code, 4)
  assert.match(ended.stderr, /nowhere\.toml does not exist; run `coop init`/)
})

test('a .env that others can read is refused', async () => {
  using home = makeTestHome(offline)
  writeFileSync(join(home.dir, '.env'), 'KEY=1', { mode: 0o644 })
  const ended = await runCoop(home, ['start'])
  assert.equal(ended.code, 4)
  assert.match(ended.stderr, /chmod 600/)
})

test('a channel without its token stays away, is told in the log and the status, and the rest answers', async () => {
  await using stage = await openStage({ env: { TELEGRAM_TOKEN: '' } })
  await until('the log says so', () =>
    /the channel telegram does not start: .*needs the variable TELEGRAM_TOKEN/.test(stage.gateway.stderr()),
  )
  const status = await runCoop(stage.home, ['status'])
  assert.match(status.stdout, /! .*telegram.*TELEGRAM_TOKEN/)
  assert.equal(status.code, 1)
  using terminal = await openLiveClient(stage.home)
  // The owner may be told of it in the same moment.
  assert.match(await terminal.ask('are you there?'), /heard: are you there\?/)
})

test('a token that Telegram refuses ends the channel, is told to the owner, and the rest answers', async () => {
  await using stage = await openStage({
    env: { TELEGRAM_TOKEN: '100000002:AAanotherBotsTokenThatIsWrongHere' },
  })
  using terminal = await openLiveClient(stage.home)
  await terminal.ask('are you there?')
  assert.ok(terminal.said().includes('heard: are you there?'))
  await until('the status says so', async () =>
    /get a new one from @BotFather/.test((await runCoop(stage.home, ['status', '--json'])).stdout),
  )
  assert.doesNotMatch(stage.gateway.stderr(), /AAanotherBotsToken/)
})

test('a workspace that cannot be read is told by check, log and status, and messages are answered without it', async () => {
  await using stage = await openStage({ idle: true })
  stage.home.file('workspaces/default', 'this is no folder')
  await stage.start()
  using terminal = await openLiveClient(stage.home)
  assert.equal(await terminal.ask('are you there?'), 'heard: are you there?')
  const said = /the workspace .*workspaces\/default cannot be read/
  await until('the log says so', () => said.test(stage.gateway.stderr()))
  assert.match((await runCoop(stage.home, ['status'])).stdout, said)
  const check = await runCoop(stage.home, ['check'])
  assert.match(check.stderr, said)
  assert.equal(check.code, 1)
})
