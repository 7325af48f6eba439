// `coop doctor`: green on what is sound, and red with what to do.
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import type { Finding } from '../../src/cli/checks/check.ts'
import { doctor } from '../../src/cli/doctor.ts'
import { makeHome } from '../../src/cli/home.ts'
import { boxTests, openRig } from '../box/rig.ts'

async function examine(home: string, ...args: string[]) {
  const stdout = new PassThrough()
  const chunks: Buffer[] = []
  stdout.on('data', chunk => chunks.push(chunk))
  const surroundings = { logLevel: 'silent', traceFile: undefined, color: false, utf8: false, home }
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
  writeFileSync(
    join(rig.home, 'coop.toml'),
    `[agent]\nid = "coop"\nmodel = "offline/coop"\nworkspace = "./workspace"\n${toml}`,
    {
      mode: 0o600,
    },
  )
  mkdirSync(join(rig.home, 'db'), { recursive: true, mode: 0o700 })
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

async function listening(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

test('doctor tells a refused key from a good one and a clock that is off, by asking the provider', async () => {
  const server = createServer((request, response) => {
    const good = request.headers['x-api-key'] === 'sk-ant-good'
    const date = new Date(good ? Date.now() : Date.now() + 600_000).toUTCString()
    response.writeHead(good ? 200 : 401, { date }).end('{}')
  })
  const provider = `[provider]\nname = "anthropic"\nbase_url = "http://127.0.0.1:${await listening(server)}"\napi_keys = ["env:TEST_KEY"]\n[models]\nfast = "anthropic/claude-haiku-4-5"\n[box]\nruntime = "none"\n`
  try {
    using rig = homeWith(provider)
    const key = (value: string) =>
      writeFileSync(join(rig.home, '.env'), `TEST_KEY=${value}\n`, { mode: 0o600 })
    key('sk-ant-bad')
    const bad = (await examine(rig.home)).out
    assert.match(bad, /failed +models: anthropic takes its key \(the answer was 401; write a valid key/)
    assert.match(bad, /failed +models: the clock agrees .*\(it is (599|600|601) s behind; switch on/)
    assert.doesNotMatch(bad, /sk-ant/)
    key('sk-ant-good')
    const good = (await examine(rig.home)).out
    assert.match(good, /proved +models: anthropic takes its key\n/)
    assert.match(good, /proved +models: the clock agrees/)
  } finally {
    server.close()
  }
})

test('doctor names a taken port, a socket path that is too long and a terminal without UTF-8', async () => {
  const server = createServer()
  const port = await listening(server)
  try {
    using rig = homeWith('')
    const home = join(rig.home, 'x'.repeat(100))
    const path = makeHome({ dir: home, name: 'Alice', model: 'offline/coop' })
    writeFileSync(
      path,
      `[box]\nruntime = "none"\n[channels.telegram]\ntoken = "env:NONE"\napi_root = "http://127.0.0.1:9"\nwebhook_url = "https://coop.example/hook"\nwebhook_port = ${port}\n`,
      { flag: 'a' },
    )
    const { out } = await examine(home)
    assert.match(out, /failed +home: the path of the socket fits \(it has \d+ bytes .* shorter path\)/)
    assert.match(
      out,
      new RegExp(`failed +gateway: port ${port} is free .*set channels.telegram.webhook_port`),
    )
    assert.match(out, /not enforced +terminal: .*export LANG=C.UTF-8/)
    assert.match(out, /not enforced +gateway: the gateway runs \(start it with `coop start --detach`\)/)
    assert.match(out, /\nTo mend:\nfailed/)
  } finally {
    server.close()
  }
})

test('doctor reports a broken coop.toml and goes on with the last good one', async () => {
  using rig = homeWith('[box]\nruntime = "none"\n')
  writeFileSync(
    join(rig.home, 'db/last-good.toml'),
    '[agent]\nid = "coop"\nmodel = "offline/coop"\n[box]\nruntime = "none"\n',
  )
  writeFileSync(join(rig.home, 'coop.toml'), '[agent]\nid = "coop"\nmodle = "x"\n', { mode: 0o600 })
  const { out } = await examine(rig.home)
  assert.match(out, /failed +config: .*modle.*model/)
  assert.match(out, /proved +node/)
})

test('doctor refuses an option that it does not know', async () => {
  using rig = homeWith('')
  await assert.rejects(examine(rig.home, '--jsn'), { code: 'usage_wrong' })
})
