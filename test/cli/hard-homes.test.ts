// Homes that cannot be used as they are: another user's, a newer Coop's, on a full disk. Each is one line that says what to do.
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { appendFileSync, chmodSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import { findBwrap } from '../../src/box/bwrap-runtime.ts'
import { until } from '../support/until.ts'
import { bin, openHouse } from '../terminal/house.ts'

const isRoot = process.getuid?.() === 0
const nobody = 65_534
const canMount =
  isRoot &&
  spawnSync('unshare', ['-m', '--propagation', 'private', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status ===
    0

test('another user of the machine gets one line from every command, also while the gateway runs', {
  skip: isRoot ? false : 'only root can become another user',
}, async () => {
  await using house = openHouse()
  await house.gateway()
  chmodSync(house.dir, 0o755)
  chmodSync(house.config, 0o644)
  const as = (...args: string[]) =>
    spawnSync(process.execPath, [bin, '--config', house.config, ...args], {
      uid: nobody,
      gid: nobody,
      env: { ...house.env, HOME: '/nonexistent' },
      cwd: '/',
      encoding: 'utf8',
      input: '',
    })
  for (const args of [['status'], ['chat', '-m', 'hi'], ['logs']]) {
    const { status, stderr } = as(...args)
    assert.ok(status === 1 || status === 4, `${args.join(' ')} ended with ${status}`)
    assert.match(
      stderr,
      /^coop: [^\n]*(another user|permission denied|cannot be opened)[^\n]*\n$/,
      args.join(' '),
    )
  }
})

test('a database of a newer Coop is refused by every start and named by the doctor, and is left as it is', async () => {
  await using house = openHouse({ toml: '[box]\nruntime = "none"\n' })
  await house.coop(['chat', '-m', 'hello'])
  const path = join(house.dir, 'db', 'coop.db')
  const db = new Database(path)
  db.pragma('user_version = 999')
  db.close()
  for (const args of [
    ['start', '--detach'],
    ['chat', '-m', 'hi'],
  ]) {
    const ended = await house.coop(args)
    assert.ok(ended.code === 1 || ended.code === 4)
    assert.match(
      ended.stderr,
      /^coop: [^\n]*written by a newer Coop \(schema 999[^\n]*left untouched: install the newer Coop again[^\n]*\n$/,
    )
  }
  const { stdout } = await house.coop(['doctor'])
  assert.match(
    stdout,
    /failed +databases: coop\.db is sound \(a newer Coop wrote it .*install that Coop again/,
  )
  const after = new Database(path, { readonly: true })
  assert.equal(after.pragma('user_version', { simple: true }), 999)
  after.close()
})

test('on a full disk nothing is lost: a message is refused plainly, and all goes on when there is room', {
  skip: canMount ? false : 'no small disk can be mounted here',
}, async () => {
  await using house = openHouse()
  const script = `
mount -t tmpfs -o size=4m tmpfs /mnt; cd /mnt; export HOME=/mnt COOP_CONFIG=/mnt/h/coop.toml
coop() { '${process.execPath}' '${bin}' "$@" 2>&1; echo "[$?]"; }
fill() { dd if=/dev/zero of=/mnt/fill bs=4k 2>/dev/null; }
coop init --dir /mnt/h --yes >/dev/null
sed -i 's#^model = .*#model = "offline/coop"#' /mnt/h/coop.toml
coop chat -m hello >/dev/null
fill; echo == chat; coop chat -m hi; echo == detach; coop start --detach; echo == backup; coop backup /mnt/b.tar.gz
rm fill; coop start --detach >/dev/null
fill; echo == refused; echo 'while full' | coop attach; echo == set; coop config set trace.keep_days 9; echo == status; coop status
rm fill; echo == after; echo 'with room' | coop attach; coop stop >/dev/null
fill; echo == stopped; coop status; rm fill; echo == end; ls /mnt`
  // What a failure leaves behind ends with its process namespace.
  const alone = ['-m', '--propagation', 'private', '-p', '-f', '--kill-child', '--mount-proc']
  const said = execFileSync('unshare', [...alone, 'bash', '-c', script], {
    env: house.env,
    encoding: 'utf8',
  })
  const part = (name: string) => said.split(`== ${name}\n`)[1]!.split('\n== ')[0]!
  assert.match(part('chat'), /^coop: The disk is full or read-only \([^\n]*\); make room[^\n]*\n\[1\]$/)
  assert.match(part('detach'), /^coop: The gateway did not start[^\n]*coop doctor[^\n]*\n\[4\]$/)
  assert.match(part('backup'), /^coop: The disk is full[^\n]*\n\[1\]$/)
  assert.match(part('refused'), /could not be stored, perhaps for a full disk; make room and send it again/)
  assert.match(part('set'), /^coop: [^\n]*[Dd]isk is full or read-only \([^\n]*\); make room[^\n]*\n\[1\]$/)
  assert.match(
    part('status'),
    /^! the disk is full: 0 MB are free for [^\n]*make room[\s\S]*terminal connected/,
  )
  assert.match(part('stopped'), /^! the disk is full[^\n]*\ncoop: No gateway is running[^\n]*\n\[4\]$/)
  assert.match(part('after'), /You wrote: “with room”[\s\S]*\[0\]/)
  assert.equal(part('end').trim(), 'h')
})

test('where no box can start the doctor says so in one line', {
  skip: canMount && findBwrap() ? false : 'no bubblewrap can be put aside here',
}, async () => {
  await using house = openHouse()
  const broken = join(house.dir, 'bwrap')
  writeFileSync(
    broken,
    `#!/bin/sh\ntest "$1" = --version && exec echo bubblewrap 0.12.0\necho 'bwrap: No permissions to create a new namespace' >&2\nexit 1\n`,
  )
  chmodSync(broken, 0o755)
  const script = `mount --bind '${broken}' '${findBwrap()}'; '${process.execPath}' '${bin}' --config '${house.config}' doctor`
  const { stdout, status } = spawnSync('unshare', ['-m', '--propagation', 'private', 'bash', '-c', script], {
    env: house.env,
    encoding: 'utf8',
  })
  assert.equal(status, 1)
  const [proofs = '', toMend = ''] = stdout.split('To mend:')
  for (const part of [proofs, toMend]) {
    assert.equal(part.match(/ box: /g)?.length, 1, stdout)
    assert.match(part, /^failed +box: the box starts \([^\n]*No permissions[^\n]*docs\/box\.md[^\n]*\)$/m)
  }
})

test('logs -f shows what is appended, whole letters and the next file after a rotation', async () => {
  await using house = openHouse()
  const path = join(house.dir, 'traces', 'coop.log')
  const line = (msg: string) => `${JSON.stringify({ level: 30, time: Date.now(), msg })}\n`
  writeFileSync(path, line('from before'))
  const child = spawn(process.execPath, [bin, '--config', house.config, 'logs', '-f'], { env: house.env })
  let seen = ''
  child.stdout.setEncoding('utf8').on('data', text => (seen += text))
  try {
    const has = (text: string) => until(text, () => seen.includes(text), 60_000)
    await has('from before')
    const bytes = Buffer.from(line('schöne Grüße 日本'))
    const cut = bytes.indexOf(Buffer.from('日')) + 1
    appendFileSync(path, bytes.subarray(0, cut))
    await new Promise(resolve => setTimeout(resolve, 300))
    appendFileSync(path, bytes.subarray(cut))
    await has('schöne Grüße 日本')
    renameSync(path, `${path}.1`)
    writeFileSync(path, line('the first of a new file').repeat(3))
    await has('the first of a new file')
    child.kill('SIGINT')
    const code = await new Promise(resolve => child.once('exit', resolve))
    assert.equal(code, 130)
    assert.equal(seen.match(/from before/g)?.length, 1)
  } finally {
    child.kill('SIGKILL')
  }
})
