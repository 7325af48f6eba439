import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import type { Finding } from '../../src/cli/checks/check.ts'
import { doctor } from '../../src/cli/doctor.ts'
import { boxTests, openRig } from '../box/rig.ts'

async function examine(home: string, ...args: string[]) {
  const stdout = new PassThrough()
  const chunks: Buffer[] = []
  stdout.on('data', chunk => chunks.push(chunk))
  const surroundings = { logLevel: 'silent', traceFile: undefined, color: false, home }
  const cli = {
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    surroundings,
    config: join(home, 'coop.toml'),
    signal: new AbortController().signal,
  }
  const code = await doctor.run(args, cli)
  return { code, out: Buffer.concat(chunks).toString() }
}

function homeWith(toml: string) {
  const rig = openRig()
  writeFileSync(join(rig.home, 'coop.toml'), `[agent]\nid = "coop"\nworkspace = "./workspace"\n${toml}`, {
    mode: 0o600,
  })
  mkdirSync(join(rig.home, 'db'), { mode: 0o700 })
  new Database(join(rig.home, 'db/coop.db')).exec('CREATE TABLE t (a)').close()
  return rig
}

test('doctor is green on a sound home with a proven box', boxTests, async () => {
  using rig = homeWith('')
  const { code, out } = await examine(rig.home, '--json')
  const report = JSON.parse(out) as (Finding & { check: string })[]
  assert.deepEqual(
    report.filter(({ outcome }) => outcome === 'failed'),
    [],
  )
  assert.equal(code, 0)
  for (const check of ['node', 'home', 'databases', 'disk', 'clock', 'box'])
    assert.ok(
      report.some(line => line.check === check),
      check,
    )
})

test('doctor is red where full trust runs on the host', async () => {
  using rig = homeWith('[box]\nruntime = "none"\n')
  const { code, out } = await examine(rig.home)
  assert.equal(code, 1)
  assert.match(out, /failed +box: full-trust commands run in a box/)
})

test('doctor is red for a broken database and for a home that others can read', async () => {
  using rig = homeWith('[box]\nruntime = "none"\n')
  writeFileSync(join(rig.home, 'db/memory.db'), 'SQLite format 3\0 and then nonsense'.padEnd(8192, 'x'))
  chmodSync(join(rig.home, 'db'), 0o755)
  const { out } = await examine(rig.home)
  assert.match(out, /failed +databases: memory\.db is sound/)
  assert.match(out, /proved +databases: coop\.db is sound/)
  assert.match(out, /failed +home: .*db is closed to other users/)
})

test('doctor refuses an option that it does not know', async () => {
  using rig = homeWith('')
  await assert.rejects(examine(rig.home, '--jsn'), { code: 'usage_wrong' })
})
