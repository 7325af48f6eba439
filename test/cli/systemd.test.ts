// The service under a real systemd: a user manager of its own, on a home of its own.
import assert from 'node:assert/strict'
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { serviceName } from '../../src/cli/service/unit.ts'
import { until } from '../support/until.ts'
import { bin, type Ended, type House, openHouse } from '../terminal/house.ts'

const systemd = '/usr/lib/systemd/systemd'
const skip = canManage() ? false : 'no systemd user manager can be started here'
const patienceMs = 60_000

function canManage(): boolean {
  if (!existsSync(systemd) || process.getuid?.() !== 0) return false
  try {
    execFileSync('unshare', ['-m', '--propagation', 'private', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'])
    return true
  } catch {
    return false
  }
}

/** A user manager believes that the machine was booted by systemd, in a mount namespace where that looks so. */
async function openManager(house: House) {
  const runtime = join(house.dir, 'runtime')
  mkdirSync(runtime, { recursive: true, mode: 0o700 })
  const env = { ...house.env, XDG_RUNTIME_DIR: runtime, LANG: 'C.UTF-8' }
  const make = `mkdir -p /run/systemd; mount -t tmpfs tmpfs /run/systemd; mkdir /run/systemd/system; exec ${systemd} --user`
  const start = () =>
    spawn('unshare', ['-m', '--propagation', 'private', 'sh', '-c', make], { env, stdio: 'ignore' })
  const inside = (command: readonly string[]): Promise<Ended> =>
    new Promise(resolve =>
      execFile(
        'nsenter',
        ['-m', '-t', String(manager.pid), `--wd=${house.dir}`, ...command],
        { env, timeout: patienceMs },
        (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
      ),
    )
  const ctl = async (...args: string[]) => (await inside(['systemctl', '--user', ...args])).stdout.trim()
  const isUp = async () => ['running', 'degraded'].includes(await ctl('is-system-running'))
  let manager: ChildProcess = start()
  const end = async () => {
    manager.kill('SIGTERM')
    if (manager.exitCode === null && manager.signalCode === null)
      await new Promise(resolve => manager.once('exit', resolve))
  }
  await until('the manager is up', isUp, patienceMs)
  return {
    ctl,
    coop: (...args: string[]) => inside([process.execPath, bin, '--config', house.config, ...args]),
    async reboot() {
      await end()
      manager = start()
      await until('the manager is up again', isUp, patienceMs)
    },
    [Symbol.asyncDispose]: end,
  }
}

test('under a real systemd the service is installed, survives a kill, a hang and a boot, stops, restarts and goes', {
  skip,
  timeout: 600_000,
}, async () => {
  // The doctor would attack the box each time, which other tests let it do.
  await using house = openHouse({ toml: '\n[box]\nruntime = "none"\n' })
  const unit = `${serviceName(house.dir, join(house.dir, '.coop'))}.service`
  await using manager = await openManager(house)
  const { ctl, coop } = manager
  const shown = (property: string) => ctl('show', '-p', property, '--value', unit)
  const isActive = async () => (await shown('ActiveState')) === 'active'
  const another = (pid: string) =>
    until(
      'another process is active',
      async () => (await isActive()) && (await shown('MainPID')) !== pid,
      patienceMs,
    )

  const installed = await coop('gateway', 'install')
  assert.equal(installed.code, 0, installed.stderr)
  assert.equal(await shown('StartLimitIntervalUSec'), '0')
  assert.match((await coop('status')).stdout, /terminal connected/)
  assert.match((await coop('doctor')).stdout, /proved +service: the service \S+ runs/)

  const folder = join(house.dir, '.config', 'systemd', 'user', `${unit}.d`)
  mkdirSync(folder)
  writeFileSync(join(folder, 'impatient.conf'), '[Service]\nWatchdogSec=5\nRestartSec=200ms\n')
  const older = await shown('MainPID')
  assert.equal((await coop('gateway', 'install')).code, 0)
  assert.ok((await isActive()) && (await shown('MainPID')) !== older, 'a new definition is run at once')

  assert.equal(await shown('WatchdogUSec'), '5s')
  const killed = await shown('MainPID')
  process.kill(Number(killed), 'SIGKILL')
  await another(killed)

  const restarted = await coop('restart')
  assert.equal(restarted.code, 0, restarted.stderr)
  const hung = await shown('MainPID')
  process.kill(Number(hung), 'SIGSTOP')
  await another(hung)

  await manager.reboot()
  await until('the service is back after the boot', isActive, patienceMs)

  assert.equal((await coop('stop')).code, 0)
  await until(
    'the service stays stopped',
    async () => (await shown('ActiveState')) === 'inactive',
    patienceMs,
  )
  assert.match((await coop('doctor')).stdout, /failed +service: the service \S+ runs \(.*coop restart/)
  assert.equal((await coop('start', '--detach')).code, 0)
  assert.ok(await isActive())
  assert.equal((await coop('gateway', 'uninstall')).code, 0)
  assert.equal(await shown('LoadState'), 'not-found')
  assert.equal((await coop('status')).code, 4)
})

test('systemd finds nothing to complain of in the unit but keys that a later version knows', {
  skip: existsSync('/usr/bin/systemd-analyze') ? false : 'systemd-analyze is not installed',
}, async () => {
  await using house = openHouse()
  const { stdout } = await house.coop(['gateway', 'install', '--print'])
  const path = join(house.dir, 'coop.service')
  writeFileSync(path, stdout)
  const said = execFileSync('sh', ['-c', `systemd-analyze verify --man=no '${path}' 2>&1; true`], {
    encoding: 'utf8',
  })
  const ours = said.split('\n').filter(line => line.includes('coop.service'))
  assert.deepEqual(
    ours.filter(line => !/Unknown key (name )?'Restart(Steps|MaxDelaySec)'/.test(line)),
    [],
  )
})
