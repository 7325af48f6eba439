// The service: its definitions as text, and the commands on real processes.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { openNotifier } from '../../src/cli/service/notify.ts'
import { serviceOf } from '../../src/cli/service/service.ts'
import { launchdPlist, serviceName, systemdUnit } from '../../src/cli/service/unit.ts'
import { until } from '../support/until.ts'
import { bin, openHouse, runNode } from '../terminal/house.ts'
import { openModelServer } from '../terminal/model-server.ts'

const facts = {
  node: '/opt/node 24/bin/node',
  program: '/usr/lib/coop/src/bin.js',
  config: '/home/alice/50% "mine" $HOME/coop.toml',
  home: '/home/alice/50% "mine" $HOME',
  startLog: '/home/alice/<log> & more',
}

function pythonThere(): boolean {
  try {
    execFileSync('python3', ['-c', 'import plistlib'])
    return true
  } catch {
    return false
  }
}

test('systemdUnit quotes paths, so that no specifier, variable or quote in them means anything', () => {
  const unit = systemdUnit(facts)
  assert.match(
    unit,
    /^ExecStart="\/opt\/node 24\/bin\/node" "\/usr\/lib\/coop\/src\/bin\.js" "--config" "\/home\/alice\/50%% \\"mine\\" \$\$HOME\/coop\.toml" "start"$/m,
  )
})

test('systemdUnit never gives up, watches, and is as strict as the box allows', () => {
  const unit = systemdUnit(facts)
  for (const line of [
    'Type=notify',
    'StartLimitIntervalSec=0',
    'RestartSec=5',
    'Restart=on-failure',
    'RestartMaxDelaySec=300',
    'WatchdogSec=60',
    'UMask=0077',
    'NoNewPrivileges=yes',
    'KillMode=mixed',
  ])
    assert.ok(unit.split('\n').includes(line), line)
  assert.doesNotMatch(unit, /RestrictNamespaces|PrivateUsers|MemoryDenyWriteExecute/)
})

test('launchdPlist escapes what XML would read', () => {
  const plist = launchdPlist('local.coop', facts)
  assert.match(plist, /<string>\/home\/alice\/&#60;log&#62; &#38; more<\/string>/)
  assert.match(plist, /<key>SuccessfulExit<\/key>\n {4}<false\/>/)
})

test('launchdPlist is read by a property list parser as what it was made of', {
  skip: pythonThere() ? false : 'python3, whose parser is used, is not installed',
}, () => {
  const read = execFileSync(
    'python3',
    ['-c', 'import plistlib,sys,json; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))'],
    { input: launchdPlist('local.coop', facts), encoding: 'utf8' },
  )
  const plist = JSON.parse(read) as Record<string, unknown>
  assert.deepEqual(plist.ProgramArguments, [facts.node, facts.program, '--config', facts.config, 'start'])
  assert.equal(plist.WorkingDirectory, facts.home)
  assert.equal(plist.StandardErrorPath, facts.startLog)
  assert.deepEqual([plist.RunAtLoad, plist.KeepAlive], [true, { SuccessfulExit: false }])
  assert.equal(plist.Umask, 0o077)
})

test('serviceName is plain for the usual home and its own for every other', () => {
  assert.equal(serviceName('/home/alice/.coop', '/home/alice/.coop'), 'coop')
  const names = ['/srv/coop', '/srv/b/coop', '/srv/Família Ünd'].map(home =>
    serviceName(home, '/home/alice/.coop'),
  )
  assert.equal(new Set(names).size, 3)
  for (const name of names) assert.match(name, /^coop-[a-z0-9-]+-[0-9a-f]{6}$/)
})

test('serviceOf refuses a system whose supervisor it does not know', () => {
  assert.throws(
    () => serviceOf(facts, { platform: 'freebsd', usualHome: '/h', configHome: '/c' }),
    /let your own supervisor run/,
  )
})

test('a gateway tells its supervisor that it is ready, alive and stopping', async () => {
  await using house = openHouse()
  const said = join(house.dir, 'said')
  const tools = join(house.dir, 'bin')
  mkdirSync(tools)
  writeFileSync(join(tools, 'systemd-notify'), `#!/bin/sh\necho "$@" >>'${said}'\n`)
  chmodSync(join(tools, 'systemd-notify'), 0o755)
  const env = {
    ...house.env,
    PATH: `${tools}:${house.env.PATH}`,
    NOTIFY_SOCKET: '/run/none',
    WATCHDOG_USEC: '300000',
  }
  const gateway = runNode([bin, '--config', house.config, 'start'], { env, cwd: house.dir })
  const heard = () => (existsSync(said) ? readFileSync(said, 'utf8').split('\n') : [])
  await until('two signs of life', () => heard().filter(line => line === 'WATCHDOG=1').length >= 2)
  assert.equal((await house.coop(['stop'])).code, 0)
  assert.equal((await gateway).code, 0)
  await until('its end', () => heard().includes('STOPPING=1'))
  assert.equal(heard()[0], '--ready')
})

test('openNotifier says nothing where nobody asked', () => {
  using notifier = openNotifier({ notify: false, watchdogMs: 1 })
  notifier.ready()
  notifier.stopping()
})

test('gateway install writes a definition of its own, 0600, and says what the supervisor refused', async () => {
  await using house = openHouse()
  const tools = join(house.dir, 'bin')
  mkdirSync(tools)
  const calls = join(house.dir, 'calls')
  const fake = (name: string, code: string) => {
    writeFileSync(join(tools, name), `#!/bin/sh\necho ${name} "$@" >>'${calls}'\n${code}\n`)
    chmodSync(join(tools, name), 0o755)
  }
  const env = { ...house.env, PATH: `${tools}:${house.env.PATH}` }
  const coop = (...args: string[]) =>
    runNode([bin, '--config', house.config, ...args], { env, cwd: house.dir })
  fake('systemctl', 'echo "Failed to connect to bus" >&2; exit 1')
  fake('loginctl', 'exit 0')
  const refused = await coop('gateway', 'install')
  assert.equal(refused.code, 1)
  assert.match(
    refused.stderr,
    /^coop: `systemctl --user daemon-reload` failed: Failed to connect to bus\. [^\n]*loginctl enable-linger[^\n]*\n$/,
  )
  assert.equal((await coop('start', '--detach')).code, 0)
  assert.equal((await coop('stop')).code, 0)

  const up = join(house.dir, 'up')
  fake(
    'systemctl',
    `case "$*" in *enable\\ --now*) touch '${up}';; *disable*) rm '${up}';; *is-active*) test -e '${up}';; esac`,
  )
  const done = await coop('gateway', 'install')
  assert.equal(done.code, 0, done.stderr)
  assert.match(
    done.stdout,
    /starts again after every failure\.\nIt starts at boot, also before you log in\.\n/,
  )
  fake('loginctl', 'exit 1')
  assert.match((await coop('gateway', 'install')).stdout, /sudo loginctl enable-linger/)
  const name = serviceName(house.dir, join(house.dir, '.coop'))
  const path = join(house.dir, '.config', 'systemd', 'user', `${name}.service`)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(statSync(join(house.dir, '.env')).mode & 0o777, 0o600)
  assert.equal((await coop('restart')).stdout, `The service ${name} has started again.\n`)
  assert.equal((await coop('gateway', 'uninstall')).code, 0)
  assert.equal(existsSync(path), false)
  assert.match(readFileSync(calls, 'utf8'), new RegExp(`systemctl --user enable --now ${name}\\.service`))
})

test('gateway install refuses a key that only this shell knows', async () => {
  await using house = openHouse({ modelUrl: 'http://127.0.0.1:9' })
  const refused = await house.coop(['gateway', 'install'])
  assert.equal(refused.code, 4)
  assert.match(refused.stderr, /write the key for anthropic\/claude-haiku-4-5 into .*\.env first/)
})

test('start --detach, status, logs, restart in the middle of an answer, and stop', async () => {
  let begun = 0
  await using model = await openModelServer(() => {
    begun++
    return { words: Array.from({ length: 40 }, (_, index) => `part${index} `), pauseMs: 40 }
  })
  await using house = openHouse({ modelUrl: model.url })
  const started = await house.coop(['start', '--detach'])
  assert.equal(started.code, 0, started.stderr)
  assert.match((await house.coop(['status'])).stdout, /^Coop .*\nchannels: terminal connected/m)
  const asked = house.pane(['attach'], { rows: 30 })
  await asked.until(/Alice, full/)
  asked.type('tell')
  asked.press('Enter')
  await asked.until(/part3/)
  const restarted = await house.coop(['restart'])
  assert.equal(restarted.code, 0, restarted.stderr)
  await asked.until(/part39/)
  assert.ok(begun >= 1)
  await until(
    'the log tells of both starts',
    async () => /ready[\s\S]*stopping[\s\S]*ready/.test((await house.coop(['logs', '-n', '200'])).stdout),
    60_000,
  )
  assert.equal((await house.coop(['stop'])).code, 0)
  assert.equal((await house.coop(['status'])).code, 4)
  assert.equal((await house.coop(['stop'])).code, 4)
})

test('a stale socket is told from a gateway, and replaced by the next', async () => {
  await using house = openHouse()
  const socket = join(house.dir, 'run', 'coop.sock')
  const first = await house.gateway()
  first.kill('SIGKILL')
  await new Promise(resolve => first.once('exit', resolve))
  assert.ok(existsSync(socket))
  const gone = await house.coop(['status'])
  assert.equal(gone.code, 4)
  assert.match(gone.stderr, /No gateway is running on this home; start one with `coop start`/)
  await house.gateway()
  assert.equal((await house.coop(['status'])).code, 0)
})

test('a gateway of another protocol version is named', async () => {
  await using house = openHouse()
  const server = createServer(socket => {
    socket.on('data', () =>
      socket.write(
        `${JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32003, message: 'The gateway speaks version 9 of the protocol, the client 1; use the same Coop for both.' } })}\n`,
      ),
    )
  })
  await new Promise<void>(resolve => server.listen(join(house.dir, 'run', 'coop.sock'), resolve))
  try {
    const ended = await house.coop(['status'])
    assert.equal(ended.code, 1)
    assert.match(ended.stderr, /version 9 of the protocol/)
  } finally {
    server.close()
  }
})

test('a socket behind which nobody answers does not hold a command up for ever', async () => {
  await using house = openHouse()
  const server = createServer(() => {})
  await new Promise<void>(resolve => server.listen(join(house.dir, 'run', 'coop.sock'), resolve))
  try {
    const ended = await house.coop(['status'])
    assert.equal(ended.code, 4)
    assert.match(ended.stderr, /does not answer/)
  } finally {
    server.close()
  }
})
