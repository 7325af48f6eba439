// A command meets its limits before this computer does.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { statfsSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import type { Box } from '../../src/box/box.ts'
import { boxTests, openRig } from './rig.ts'

describe('a command', boxTests, () => {
  const rig = openRig({ toml: '[box.full]\nmemory = "256M"\npids = 40\ntimeout_s = 20\negress = "none"\n' })
  let box: Box
  before(async () => {
    box = (await rig.boxes.open(rig.direct('alice'), () => 'full', rig.signal))!
  })
  after(() => rig[Symbol.dispose]())
  const sh = (command: string, wallMs?: number, signal = rig.signal) =>
    box.exec({ argv: ['/bin/bash', '-c', command], ...(wallMs === undefined ? {} : { wallMs }) }, signal)
  const alive = (mark: string) =>
    execFileSync('ps', ['-eo', 'args'])
      .toString()
      .split('\n')
      .filter(line => line.includes(mark)).length

  test('that ignores every signal is ended at its time limit with all it started', async () => {
    const ran = await sh("trap '' TERM INT HUP; (trap '' TERM HUP; setsid sleep 31337 &) ; sleep 31337", 700)
    assert.equal(ran.ended, 'timeout')
    assert.equal(alive('sleep 31337'), 0)
  })
  test('is ended at once when it is stopped, keeping what it had written', async () => {
    const stop = new AbortController()
    const ran = await box.exec(
      { argv: ['/bin/bash', '-c', 'echo begun; sleep 31338'], onOutput: () => stop.abort() },
      stop.signal,
    )
    assert.equal(ran.ended, 'stopped')
    assert.equal(ran.stdout.toString(), 'begun\n')
    assert.equal(alive('sleep 31338'), 0)
  })
  test('that was stopped before it began does not begin', async () => {
    assert.equal((await sh('touch ran', undefined, AbortSignal.abort())).ended, 'stopped')
    assert.equal((await sh('ls ran')).code, 2)
  })
  test('leaves no daemon behind when it ends by itself', async () => {
    const ran = await sh('setsid nohup sleep 31339 >/dev/null 2>&1 & echo done')
    assert.equal(ran.stdout.toString(), 'done\n')
    assert.equal(alive('sleep 31339'), 0)
  })
  test('that forks without end stays within its processes', async () => {
    const ran = await sh(':(){ :|:& };: ; sleep 5', 1_500)
    assert.notEqual(ran.code, 0)
    assert.ok(alive(':(){ :|:& };:') === 0)
  })
  test('that floods its output is ended', async () => {
    const ran = await sh('yes')
    assert.equal(ran.ended, 'output')
    assert.equal(ran.stdout.length, box.policy.limits.output)
  })
  test('that asks for more memory than it has is refused it', async () => {
    const ran = await sh('head -c 400M /dev/zero | tail | wc -c')
    assert.notEqual(ran.stdout.toString().trim(), String(400 * 1024 * 1024))
  })
  test('whose processes together use too much memory is ended', async () => {
    const hog = "(x=$(head -c 90M /dev/zero | tr '\\0' a); sleep 6) &"
    const ran = await sh(`${hog} ${hog} ${hog} ${hog} wait`, 10_000)
    assert.equal(ran.ended, 'memory')
  })
  test('fills its own /tmp and no more', async () => {
    const ran = await sh('fallocate -l 1000M /tmp/x && rm /tmp/x && fallocate -l 1030M /tmp/x')
    assert.match(ran.stderr.toString(), /No space left/)
  })
  test('cannot raise its limits again', async () => {
    const ran = await sh('ulimit -u 4000 2>&1; ulimit -v unlimited 2>&1; ulimit -u; ulimit -v')
    assert.match(ran.stdout.toString(), /\n40\n262144\n$/)
  })
  test('gives its exit status, and that of a signal', async () => {
    assert.equal((await sh('exit 7')).code, 7)
    assert.equal((await sh('kill -9 $$')).code, 137)
  })
  test('that is not there is the command’s failure and not the box’s', async () => {
    assert.equal((await box.exec({ argv: ['/no/such/program'] }, rig.signal)).code, 127)
  })
  test('gets what it is handed on standard input and sees its end', async () => {
    const ran = await box.exec({ argv: ['/bin/cat'], stdin: Buffer.from('hand') }, rig.signal)
    assert.equal(ran.stdout.toString(), 'hand')
  })
  test('is followed while it runs', async () => {
    const seen: string[] = []
    const command = "echo one; sleep 0.3; printf 'zw\\303'; sleep 0.3; printf '\\266lf'"
    await box.exec({ argv: ['/bin/bash', '-c', command], onOutput: chunk => seen.push(chunk) }, rig.signal)
    assert.equal(seen[0], 'one\n')
    assert.equal(seen.join(''), 'one\nzwölf', 'a letter that comes in two pieces is one')
  })
})

test('a command that fills the disk is ended before the reserve is gone', boxTests, async () => {
  using rig = openRig({ toml: '[box.full]\negress = "none"\n' })
  const { bavail, bsize } = statfsSync(rig.workspace)
  using small = openRig({
    toml: '[box.full]\negress = "none"\n',
    reserve: bavail * bsize - 100 * 1024 * 1024,
  })
  const box = (await small.boxes.open(small.direct('alice'), () => 'full', small.signal))!
  const ran = await box.exec(
    {
      argv: ['/bin/bash', '-c', 'while :; do head -c 20M /dev/zero >>full; sleep 0.02; done'],
      wallMs: 15_000,
    },
    small.signal,
  )
  assert.equal(ran.ended, 'disk')
})
