// Where coop.toml is found, where its secrets come from, and whom it makes.
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { findConfig, surroundings } from '../../src/config/environment.ts'
import { configFrom, loadConfig, providersOf } from '../../src/config/load.ts'

const agent = '[agent]\nid = "coop"\n'

function home(t: TestContext, text = agent): string {
  const folder = mkdtempSync(join(tmpdir(), 'coop-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'coop.toml'), text)
  return folder
}

test('a named file counts before the environment, the environment before the usual places', t => {
  const [one, two, three] = [home(t), home(t), home(t)]
  mkdirSync(join(three, 'coop'))
  writeFileSync(join(three, 'coop', 'coop.toml'), agent)
  const env = { COOP_CONFIG: join(two, 'coop.toml'), XDG_CONFIG_HOME: three }
  assert.equal(findConfig(join(one, 'coop.toml'), env), join(one, 'coop.toml'))
  assert.equal(findConfig(undefined, env), join(two, 'coop.toml'))
  assert.equal(findConfig(undefined, { XDG_CONFIG_HOME: three }), join(three, 'coop', 'coop.toml'))
  assert.throws(() => findConfig('/nowhere/coop.toml', env), { code: 'config_missing' })
})

test('paths are relative to the folder of coop.toml', t => {
  const folder = home(t)
  const { paths } = loadConfig(join(folder, 'coop.toml'), 1, {})
  assert.deepEqual(paths.workspace, join(folder, 'workspaces/default'))
  assert.equal(paths.db, join(folder, 'db'))
})

test('a secret comes from the environment, else from .env, and is known to the redactor', t => {
  const folder = home(
    t,
    `${agent}[provider]\nname = "anthropic"\napi_keys = ["env:ONE", "env:TWO", "env:NONE"]\n`,
  )
  writeFileSync(join(folder, '.env'), 'ONE=from-file\nTWO="of the file"\n', { mode: 0o600 })
  const config = loadConfig(join(folder, 'coop.toml'), 1, { ONE: 'from-environment', TWO: '', NONE: '' })
  assert.equal(config.secret('env:ONE'), 'from-environment')
  assert.equal(config.secret('env:TWO'), 'of the file')
  assert.equal(config.secret('env:NONE'), undefined)
  assert.deepEqual(config.secrets, ['from-environment', 'of the file'])
})

test('a .env that others can read is refused with the command that mends it', t => {
  const folder = home(t)
  writeFileSync(join(folder, '.env'), 'ONE=1')
  for (const mode of [0o644, 0o640, 0o604, 0o620]) {
    chmodSync(join(folder, '.env'), mode)
    assert.throws(() => loadConfig(join(folder, 'coop.toml'), 1, {}), {
      code: 'file_unreadable',
      message: /chmod 600/,
    })
  }
})

test('an unreadable file and a broken one are faults with their codes', t => {
  const folder = home(t, 'x')
  assert.throws(() => loadConfig(folder, 1, {}), { code: 'file_unreadable' })
  assert.throws(() => loadConfig(join(folder, 'coop.toml'), 1, {}), { code: 'config_syntax' })
})

test('without providers, anthropic stands behind its usual variables, and offline is always there', () => {
  const config = configFrom(agent, '/home/coop.toml', 1, { ANTHROPIC_BASE_URL: 'http://localhost:1' })
  assert.deepEqual(
    providersOf(config).map(({ key, base_url, api_keys }) => ({ key, base_url, api_keys })),
    [
      { key: 'anthropic', base_url: 'http://localhost:1', api_keys: ['env:ANTHROPIC_API_KEY'] },
      { key: 'offline', base_url: undefined, api_keys: [] },
    ],
  )
})

test('an unknown log level is a wrong usage, and a dumb terminal has no colour', () => {
  assert.throws(() => surroundings({ COOP_LOG: 'loud' }), { code: 'usage_wrong' })
  assert.equal(surroundings({ TERM: 'dumb' }).color, false)
  assert.equal(surroundings({ NO_COLOR: '1' }).color, false)
})

const householdOf = (text: string) => configFrom(agent + text, '/home/coop.toml', 1, {}).household

test('with no users the terminal is full', () => {
  const { people, byMatch } = householdOf('')
  assert.equal(people.get(byMatch.get('terminal:default')!)?.level, 'full')
})

test('with users the terminal is nobody’s unless one has it', () => {
  const { byMatch } = householdOf('[[users]]\nname = "Bob"\ntrust = "inner"\nmatch = ["tele:1"]\n')
  assert.equal(byMatch.get('terminal:default'), undefined)
  assert.equal(byMatch.get('tele:1'), 'bob')
})

test('a person’s id is the first name, and stays when it is written down', () => {
  const { people } = householdOf(
    '[[users]]\nname = "Álice Smith"\ntrust = "full"\n[[users]]\nname = "Robert"\nid = "bob"\ntrust = "full"\n',
  )
  assert.deepEqual([...people.keys()], ['alice', 'bob'])
})

test('a group’s members are people by name, id or match; somebody named twice is one', () => {
  const { groups } = householdOf(`[[users]]
name = "Alice"
trust = "full"
match = ["tele:1"]
[[groups]]
match = "tele:g"
members = ["Alice", "alice", "tele:1", "tele:2", "tele:2"]
`)
  assert.deepEqual(groups.get('tele:g')?.members, ['alice', null])
})
