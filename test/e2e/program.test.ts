// The program from outside: its commands, its pipes, its exit codes.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { runCoop, startGateway } from '../support/coop.ts'
import { makeTestHome } from '../support/home.ts'
import { openLiveClient } from '../support/live-client.ts'
import { openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'

const checkout = fileURLToPath(new URL('../..', import.meta.url))
const offline = '[agent]\nid = "coop"\nmodel = "offline/coop"\n'

test('npm start through a pipe makes a home, answers each line with the offline model, and ends with 0', async () => {
  using home = makeTestHome(offline)
  const { COOP_CONFIG: _, ...env } = home.env
  const child = spawn('npm', ['start', '-s'], {
    cwd: checkout,
    env: { ...env, PATH: `${dirname(process.execPath)}:${env.PATH}`, HOME: join(home.dir, 'fresh') },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  child.stdin.end('hello\n\ntodo: buy milk\nshow my todo list\n')
  const code = await new Promise(resolve => child.once('close', resolve))
  assert.equal(code, 0, stderr)
  const [greeting, ...rest] = stdout.trim().split('\n')
  assert.match(greeting ?? '', /^Hello! I am listening\./)
  assert.deepEqual(rest, ['[ ] buy milk', '[ ] buy milk'])
  assert.match(stderr, /A home was made: .*fresh\/\.coop\/coop\.toml/)
  assert.match(stderr, /the built-in offline model answers\. Set ANTHROPIC_API_KEY/)
  assert.ok(existsSync(join(home.dir, 'fresh', '.coop', 'workspaces', 'default', 'SOUL.md')))
})

test('a missing key is named by its variable, and the offline model chosen on purpose misses none', async () => {
  using home = makeTestHome(offline)
  const chosen = await runCoop(home, ['chat', '-m', 'hello'])
  assert.equal(chosen.stderr, 'The built-in offline model answers, as chosen.\n')
  home.configure(
    '[agent]\nid = "coop"\nmodel = "anthropic/claude-opus-4-6"\n\n[provider]\nname = "anthropic"\napi_keys = ["env:FAMILY_KEY"]\n',
  )
  const missing = await runCoop(home, ['chat', '-m', 'hello'])
  assert.match(
    missing.stderr,
    /^No model key is set: the built-in offline .* Set FAMILY_KEY for a real one\.$/m,
  )
})

test('chat -m prints one reply and ends, alone and beside a running gateway', async () => {
  using home = makeTestHome(offline)
  const alone = await runCoop(home, ['chat', '-m', 'hello'])
  assert.deepEqual([alone.code, alone.stdout], [0, 'Hello! I am listening.\n'])
  await using gateway = await startGateway(home)
  const beside = await runCoop(home, ['chat', '-m', 'how many messages did I send?'])
  assert.deepEqual([beside.code, beside.stdout], [0, 'You have sent 2 messages that I can see.\n'])
  assert.ok(gateway.alive())
})

test('a second gateway on one home is refused with what to do, and the first goes on', async () => {
  using home = makeTestHome(offline)
  await using first = await startGateway(home)
  const second = await runCoop(home, ['start'])
  assert.equal(second.code, 4)
  assert.match(
    second.stderr,
    /^coop: A gateway is already running on this home; use `coop attach`, or `coop stop`/,
  )
  const detached = await runCoop(home, ['start', '--detach'])
  assert.equal(detached.code, 4)
  assert.ok(first.alive())
  assert.equal((await runCoop(home, ['attach'], { stdin: 'hello\n' })).stdout, 'Hello! I am listening.\n')
})

test('start --detach, status, logs, sessions, restart and stop work from other processes', async () => {
  using home = makeTestHome(offline)
  const started = await runCoop(home, ['start', '--detach'])
  assert.equal(started.code, 0, started.stderr)
  try {
    await runCoop(home, ['attach'], { stdin: 'hello\n' })
    const status = await runCoop(home, ['status'])
    assert.equal(status.code, 1)
    assert.match(status.stdout, /channels: terminal connected/)
    const report = JSON.parse((await runCoop(home, ['status', '--json'])).stdout)
    assert.equal(report.home, home.dir)
    const logs = await until('the log is written', async () => {
      const { stdout } = await runCoop(home, ['logs', '-n', '20'])
      return /turn .*session=direct:owner state=done/.test(stdout) && stdout
    })
    assert.match(logs, /ready /)
    assert.match((await runCoop(home, ['sessions'])).stdout, /^direct:owner {2}\d{4}-\d\d-\d\d/)
    assert.equal((await runCoop(home, ['restart'])).code, 0)
    const again = JSON.parse((await runCoop(home, ['status', '--json'])).stdout)
    assert.notEqual(again.pid, report.pid)
  } finally {
    const stopped = await runCoop(home, ['stop'])
    assert.equal(stopped.code, 0)
  }
  assert.equal((await runCoop(home, ['stop'])).code, 4)
})

test('exit codes: 2 for wrong usage, 3 for no such session, 4 for no gateway, 1 for what failed', async t => {
  using home = makeTestHome(offline)
  const ends = async (code: number, says: RegExp, ...args: string[]) => {
    await t.test(`coop ${args.join(' ')} ends with ${code}`, async () => {
      const ended = await runCoop(home, args)
      assert.match(ended.stderr, says)
      assert.equal(ended.stderr.trim().split('\n').length, 1, ended.stderr)
      assert.equal(ended.code, code)
    })
  }
  await ends(2, /There is no command "strat"; did you mean "start"\?/, 'strat')
  await ends(2, /There is no command "constructor"/, 'constructor')
  await ends(2, /--detahc/, 'start', '--detahc')
  await ends(2, /Coop does not know --fast/, '--fast')
  await ends(2, /-m takes a message/, 'chat', '-m', ' ')
  await ends(2, /-n takes a number/, 'logs', '-n', 'few')
  await ends(2, /--config takes the path/, '--config')
  await ends(4, /No gateway is running on this home; start one with `coop start`/, 'attach')
  await ends(4, /No gateway is running/, 'status')
  await ends(4, /No gateway is running/, 'stop')
  await ends(1, /There is no user "Nobody"/, 'users', 'show', 'Nobody')
  await ends(1, /There is no pairing code ABCDEF/, 'users', 'deny', 'ABCDEF')
  await using gateway = await startGateway(home)
  await ends(3, /There is no session "nowhere"; `coop sessions` lists yours/, 'attach', 'nowhere')
  await ends(1, /There is no user "Nobody" whose view you may take/, 'attach', '--user', 'Nobody')
  assert.ok(gateway.alive())
})

test('an interrupted chat ends with 130, an interrupted gateway with 0', async () => {
  using home = makeTestHome(offline)
  await using gateway = await startGateway(home)
  const chat = spawn(process.execPath, [join(checkout, 'src/bin.js'), 'attach'], { env: home.env })
  chat.stdin.write('hello\n')
  await new Promise(resolve => chat.stdout.once('data', resolve))
  chat.kill('SIGINT')
  assert.equal(await new Promise(resolve => chat.once('close', resolve)), 130)
  assert.equal(await gateway.stop(), 0)
})

test('init makes a home once, and check shows what each person would get', async () => {
  using home = makeTestHome(offline)
  const made = await runCoop(home, ['init', '--yes', '--dir', join(home.dir, 'new')])
  assert.equal(made.code, 0, made.stderr)
  const config = join(home.dir, 'new', 'coop.toml')
  const check = await runCoop(home, ['--config', config, 'check'])
  assert.equal(check.code, 0, check.stderr)
  assert.match(
    check.stdout,
    /on terminal: full\n {2}opens: .*private.*\n {2}tools: .*todo.*\n {2}prompt: about \d+ tokens/,
  )
  const again = await runCoop(home, ['init', '--yes', '--dir', join(home.dir, 'new')])
  assert.equal(again.code, 1)
  assert.match(again.stderr, /already; nothing was changed/)
})

test('a database of a newer version is refused and stays as it was, byte for byte', async () => {
  using home = makeTestHome(offline)
  home.file('db/.keep', '')
  const db = new Database(home.database)
  db.exec('CREATE TABLE future (x); PRAGMA user_version = 99;')
  db.close()
  const hash = () => createHash('sha256').update(readFileSync(home.database)).digest('hex')
  const before = hash()
  const ended = await runCoop(home, ['start'])
  assert.equal(ended.code, 4)
  assert.match(
    ended.stderr,
    /coop\.db was written by a newer Coop \(schema 99, this one knows \d+\); it was left untouched/,
  )
  assert.equal(hash(), before)
})

test('a database that is none is refused with what to do', async () => {
  using home = makeTestHome(offline)
  home.file('db/coop.db', 'this is no database, and it is long enough to be read as one'.repeat(20))
  const ended = await runCoop(home, ['start'])
  assert.equal(ended.code, 4)
  assert.match(ended.stderr, /coop\.db is not a sound database; restore it from a backup/)
})

test('the gateway says once that it is ready, and secrets of its environment are in no log', async () => {
  await using stage = await openStage({ env: { COOP_LOG: 'trace' } })
  using terminal = await openLiveClient(stage.home)
  await terminal.ask(`my key is ${stage.home.env.ANTHROPIC_API_KEY}`)
  await stage.gateway.stop()
  const files = ['traces/coop.log', 'traces/trace.jsonl'].map(path =>
    readFileSync(join(stage.home.dir, path), 'utf8'),
  )
  const everything = [stage.gateway.stderr(), ...files].join('\n')
  assert.equal(stage.gateway.stderr().match(/ ready /g)?.length, 1)
  assert.ok(!everything.includes(stage.home.env.ANTHROPIC_API_KEY!))
  assert.ok(!everything.includes(stage.telegram.token))
})
