// Takes the walls of the profile away one by one: each must be missed by some line of the report.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openGround } from '../../src/box/attacks/ground.ts'
import { attackAll, attackFrom } from '../../src/box/attacks/run.ts'
import { findBwrap, openBwrap, type Weaken } from '../../src/box/bwrap-runtime.ts'
import { ALLOW, type Instruction } from '../../src/box/seccomp.ts'
import type { BoxSpec } from '../../src/box/spec.ts'
import { machines } from '../../src/box/syscalls.ts'
import { boxTests } from './rig.ts'

const allowAll: Instruction[] = [{ op: 0x06, jt: 0, jf: 0, k: ALLOW }]
const without =
  (...gone: string[]) =>
  (args: string[]): string[] => {
    const out = [...args]
    const at = out.findIndex((_, index) => gone.every((part, offset) => out[index + offset] === part))
    assert.ok(at >= 0, `${gone.join(' ')} is part of the profile`)
    out.splice(at, gone.length)
    return out
  }
const before =
  (flag: string, ...more: string[]) =>
  (args: string[]): string[] =>
    args.toSpliced(args.indexOf(flag), 0, ...more)
const namespacesBut =
  (kept: string) =>
  (args: string[]): string[] => {
    const all = ['ipc', 'pid', 'net', 'uts', 'cgroup']
      .filter(name => name !== kept)
      .map(name => `--unshare-${name}`)
    return [...all, ...without('--unshare-all')(args)]
  }
/** Without what hides `at`, whether it is a folder or a file. */
const showing =
  (at: string) =>
  (args: string[]): string[] => {
    const end = args.lastIndexOf(at)
    assert.ok(end > 0, `${at} is hidden`)
    const file = args[end - 2] === '--ro-bind'
    return file ? args.toSpliced(end - 2, 3) : args.toSpliced(end - 7, 8)
  }
const writable =
  (at: string) =>
  (args: string[]): string[] =>
    args.map((part, index) => (part === '--ro-bind' && args[index + 2] === at ? '--bind' : part))
/** The real folder in the place of the bare one that shows only what is mounted in it. */
const whole =
  (at: string) =>
  (args: string[]): string[] => {
    const workspace = args[args.indexOf('/work') - 1]
    const shown = ['--bind', `${workspace}${at.slice('/work'.length)}`, at]
    const given = without('--remount-ro', at)(args)
    const bare = given.indexOf(at) - 3
    assert.equal(given[bare + 2], '--tmpfs')
    return given.toSpliced(bare, 4, ...shown)
  }
/** The filter without the rule that begins at a system call. */
const allowing =
  (name: string) =>
  (program: readonly Instruction[]): Instruction[] => {
    const number = machines[process.arch]!.calls[name as 'bpf']
    const at = program.findIndex(({ op, k }) => op === 0x15 && k === number)
    assert.ok(at > 0, `${name} is in the filter`)
    return program.map((one, index) => (index === at + 1 ? { op: 0x06, jt: 0, jf: 0, k: ALLOW } : one))
  }

const mayDump = /^Max core file size +\S+ +unlimited/m.test(readFileSync('/proc/self/limits', 'utf8'))

const walls: Record<string, Weaken> = {
  'the network namespace': { args: namespacesBut('net') },
  'the process namespace': { args: namespacesBut('pid') },
  'the ipc namespace': { args: namespacesBut('ipc') },
  'the host name namespace': { args: args => without('--hostname', 'box')(namespacesBut('uts')(args)) },
  'the cgroup namespace': { args: namespacesBut('cgroup') },
  'a session of its own': { args: without('--new-session') },
  'the cleared environment': { args: without('--clearenv'), env: { API_KEY: 'leaked' } },
  'the read-only root': { args: without('--remount-ro', '/') },
  'the read-only devices': { args: without('--remount-ro', '/dev') },
  'the read-only system': { args: writable('/usr') },
  'generated accounts': {
    args: args => args.map((part, index) => (args[index + 1] === '/etc/passwd' ? '/etc/passwd' : part)),
  },
  'the closed host': { args: before('--remount-ro', '--ro-bind', '/var', '/var') },
  'the size of /tmp': { args: args => args.with(args.indexOf('/tmp') - 4, String(2 ** 40)) },
  'the size of the home folder': { args: args => args.with(args.indexOf('/home/coop') - 4, String(2 ** 40)) },
  'the hidden secret': { args: showing('/work/.env') },
  'the hidden second name': { args: showing('/work/innocent.txt') },
  'the hidden folder': { args: showing('/work/.aws') },
  'the hidden person': { args: showing('/work/users/bob/personal') },
  'the fixed hooks': { args: writable('/work/app/.git/hooks') },
  'the fixed git configuration': { args: writable('/work/app/.git/config') },
  'the fixed list of what is hidden': { args: writable('/work/.coopignore') },
  'the fixed folders of people': { args: whole('/work/users') },
  'the filter': { args: without('--seccomp', '4') },
  'every rule of the filter': { filter: () => allowAll },
  'the rule for sockets': { filter: allowing('socket') },
  'the rule for setuid files': { filter: allowing('fchmodat') },
  'the rule for terminals': { filter: allowing('ioctl') },
  'the rule for traces': { filter: allowing('fcntl') },
  'the rule for copies': { filter: allowing('copy_file_range') },
  'the rule for keyrings': { filter: allowing('keyctl') },
  'the limit of processes': { limits: spec => ({ ...spec, limits: { ...spec.limits, procs: 4_000 } }) },
  'the limit of memory': { limits: spec => ({ ...spec, limits: { ...spec.limits, memory: 2 ** 40 } }) },
  'the limit of a file': { limits: spec => ({ ...spec, limits: { ...spec.limits, file: 2 ** 40 } }) },
  // Where the gateway itself may make no memory images, the limit cannot be more than none.
  ...(mayDump
    ? {
        'the limit of memory images': {
          words: (words: string[]) =>
            words.map(word =>
              word.replace('ulimit -c 1 2>/dev/null && exec /usr/bin/prlimit --core=1:1 --', 'exec'),
            ),
        },
      }
    : {}),
  ...(process.getuid?.() === 0 ? { 'the unprivileged user': { asRoot: true } } : {}),
}

const isIn = (pid: string) => (canary: string) => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(canary)
  } catch {
    return false
  }
}

describe('the report of the attacks', { ...boxTests, concurrency: 2 }, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'coop-box-'))
  after(() => rmSync(scratch, { recursive: true, force: true }))
  const { signal } = new AbortController()
  /** Each stands in the environment of everything that ran on its ground. */
  const canaries: string[] = []
  const runtime = (weaken: Weaken) =>
    openBwrap({ bwrap: findBwrap()!, mark: 'box-test', scratch, reserve: 0, weaken })
  const run = async (weaken: Weaken) => {
    await using ground = await openGround()
    canaries.push(ground.canary)
    return await attackFrom(ground, runtime(weaken), signal)
  }

  test('is green for the whole profile', async () => {
    const results = await attackAll(runtime({}), signal)
    assert.deepEqual(
      results.filter(({ outcome }) => outcome !== 'proved'),
      [],
    )
    assert.ok(results.length > 40)
  })
  for (const [name, weaken] of Object.entries(walls)) {
    test(`is red without ${name}`, async () => {
      const results = await run(weaken)
      assert.ok(
        results.some(({ outcome }) => outcome === 'failed'),
        JSON.stringify(results.find(({ outcome }) => outcome !== 'proved') ?? 'no line missed it'),
      )
      assert.ok(
        results.some(({ outcome }) => outcome === 'proved'),
        'the box did not run at all',
      )
    })
  }
  test('leaves nothing running, whatever wall was missing', async () => {
    const left = () => readdirSync('/proc').filter(pid => /^\d+$/.test(pid) && canaries.some(isIn(pid)))
    for (const end = Date.now() + 20_000; left().length > 0; await sleep(50))
      assert.ok(Date.now() < end, `processes ${left().join(', ')}`)
  })
  test('is red where a folder is taken for the one that was looked at', async () => {
    const unchecked = (spec: BoxSpec): BoxSpec => ({
      ...spec,
      mounts: spec.mounts.map(({ is: _, ...mount }) => mount),
    })
    const swapped = (await attackAll(runtime({ limits: unchecked }), signal)).find(
      ({ name }) => name === 'swap',
    )
    assert.equal(swapped?.outcome, 'failed')
  })
  test('proves nothing where the box does not start', async () => {
    const results = await run({ args: before('--remount-ro', '--ro-bind', '/no/such/folder', '/x') })
    assert.ok(results.every(({ outcome }) => outcome !== 'proved'))
  })
})
