// The first minutes: a home by questions, and homes that cannot be.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { requireOwnHome } from '../../src/cli/find-home.ts'
import { checkModelKey, checkTelegramToken } from '../../src/cli/key-check.ts'
import { configFrom, loadConfig } from '../../src/config/load.ts'
import { bin, openHouse, runNode } from '../terminal/house.ts'
import { openPane } from '../terminal/pane.ts'

/** A provider and a Telegram that know one key each. */
async function openOffice() {
  const server = createServer((request, response) => {
    const known =
      request.headers['x-api-key'] === 'sk-ant-good' ||
      request.headers.authorization === 'Bearer sk-ant-oat-good' ||
      request.url === '/bot12:good/getMe'
    response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ data: [], result: { username: 'coop_bot' } }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => new Promise<void>(resolve => server.close(() => resolve())),
  }
}

test('init asks at most four questions, asks a refused key again, and ends in a chat', async () => {
  await using office = await openOffice()
  await using house = openHouse()
  const home = join(house.dir, 'new home')
  using pane = openPane({
    command: [process.execPath, bin, 'init', '--dir', home],
    env: { ...house.env, ANTHROPIC_BASE_URL: office.url },
    cwd: house.dir,
    columns: 100,
  })
  await pane.until(/What are you called\?/)
  pane.type('Alice')
  pane.press('Enter')
  await pane.until(/Which model/)
  pane.type('the good one')
  pane.press('Enter')
  await pane.until(/That is none of these[\s\S]*Which model/)
  pane.press('Enter')
  await pane.until(/The key \(/)
  pane.type('sk-ant-bad')
  pane.press('Enter')
  await pane.until(/The key is refused/)
  pane.type('sk-ant-good')
  pane.press('Enter')
  await pane.until(/The key works\.[\s\S]*Telegram/)
  pane.press('Enter')
  const screen = await pane.until(/Alice, full/)
  assert.doesNotMatch(pane.all(), /sk-ant-/)
  assert.match(screen, /A home is made: [\s\S]*anthropic\/claude-opus-4-6/)
  assert.equal(readFileSync(join(home, '.env'), 'utf8'), 'ANTHROPIC_API_KEY="sk-ant-good"\n')
  assert.equal(statSync(join(home, '.env')).mode & 0o777, 0o600)
  assert.equal(loadConfig(join(home, 'coop.toml')).household.people.get('alice')?.level, 'full')
  pane.press('C-d')
  await pane.until(/\[left with 0\]/)
  const again = await runNode([bin, 'init', '--dir', home, '--yes'], { env: house.env, cwd: house.dir })
  assert.equal(again.code, 1)
  assert.match(again.stderr, /^coop: There is a home in [^\n]* already; nothing was changed\.[^\n]*\n$/)
})

test('init that is left half-way leaves no home behind', async () => {
  await using house = openHouse()
  const home = join(house.dir, 'new')
  using pane = openPane({
    command: [process.execPath, bin, 'init', '--dir', home],
    env: { ...house.env, ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' },
    cwd: house.dir,
  })
  await pane.until(/What are you called\?/)
  pane.press('Enter')
  await pane.until(/Which model/)
  pane.press('Enter')
  await pane.until(/The key \(/)
  pane.press('C-c')
  await pane.until(/\[left with 130\]/)
  assert.equal(existsSync(join(home, 'coop.toml')), false)
})

test('checkModelKey tells a good key, a refused one and one nobody answered about', async () => {
  await using office = await openOffice()
  const check = (key: string, url: string) =>
    checkModelKey(
      configFrom('[agent]\nid = "coop"\n', '/nowhere/coop.toml', 1, {
        ANTHROPIC_API_KEY: key,
        ANTHROPIC_BASE_URL: url,
      }),
    )
  assert.equal((await check('sk-ant-good', office.url)).kind, 'good')
  assert.equal((await check('sk-ant-oat-good', office.url)).kind, 'good')
  assert.equal((await check('sk-ant-bad', office.url)).kind, 'refused')
  assert.equal((await check('', office.url)).kind, 'refused')
  assert.deepEqual(await check('sk-ant-good', 'http://127.0.0.1:9'), {
    kind: 'unknown',
    reason: '127.0.0.1:9 was not reached (bad port)',
  })
})

test('checkTelegramToken knows the bot’s name, and a token’s shape before it is sent anywhere', async () => {
  await using office = await openOffice()
  const known = await checkTelegramToken('12:good', office.url)
  assert.deepEqual([known.kind, 'name' in known && known.name], ['good', '@coop_bot'])
  assert.equal((await checkTelegramToken('12:bad', office.url)).kind, 'refused')
  assert.equal((await checkTelegramToken('no token/../x', office.url)).kind, 'refused')
})

test('a home of another user is refused by name', async () => {
  await using house = openHouse()
  const config = loadConfig(house.config)
  requireOwnHome(config)
  assert.throws(() => requireOwnHome(config, 54_321), /belongs to another user of this machine/)
})

test('no home and no place for one are told plainly', async () => {
  await using house = openHouse()
  const env = { ...house.env, HOME: '/dev/null' }
  const none = await runNode([bin, 'chat', '-m', 'hi'], { env, cwd: '/' })
  assert.equal(none.code, 1)
  assert.match(none.stderr, /^coop: No home can be made in \/dev\/null\/\.coop .*\n$/)
  assert.match((await runNode([bin, 'status'], { env, cwd: '/' })).stderr, /run `coop init`/)
  assert.equal((await runNode([bin, 'attach'], { env, cwd: '/' })).code, 4)
})

test('a home on a read-only disk is told in one line by every command that would write', {
  skip: noBox(),
}, async () => {
  await using house = openHouse()
  await house.coop(['chat', '-m', 'hello'])
  mkdirSync(join(house.dir, 'elsewhere'))
  for (const args of [['start'], ['chat', '-m', 'hi'], ['backup', '/dev/shm/coop-test.tar.gz']]) {
    const command = ['--dev-bind', '/', '/', '--ro-bind', house.dir, house.dir, process.execPath, bin]
    let said = ''
    try {
      execFileSync('bwrap', [...command, '--config', house.config, ...args], {
        env: house.env,
        stdio: 'pipe',
      })
    } catch (error) {
      said = String((error as { stderr: Buffer }).stderr)
    }
    assert.match(said, /^coop: [^\n]*(cannot be opened|cannot be read)[^\n]*\n$/, args.join(' '))
  }
})

function noBox(): string | false {
  try {
    execFileSync('bwrap', ['--dev-bind', '/', '/', 'true'], { stdio: 'ignore' })
    return false
  } catch {
    if (process.env.COOP_REQUIRE_BOX) throw new Error('bwrap does not run here')
    return 'bwrap does not run here'
  }
}
