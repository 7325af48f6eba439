// The package as npm would publish it, installed into an empty prefix and used from there.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const checkout = fileURLToPath(new URL('../..', import.meta.url))
const bars = { packages: 150, megabytes: 300 }

const registryAnswers = await run('npm', ['ping', '--fetch-retries=0', '--fetch-timeout=5000']).then(
  () => true,
  () => false,
)
const skip = registryAnswers || process.env.COOP_REQUIRE_INSTALL ? false : 'the registry is out of reach'

test('the packed package installs globally and chats, starts, backs up and stops', {
  skip,
  timeout: 300_000,
}, async () => {
  const place = mkdtempSync(join(tmpdir(), 'coop-install-'))
  try {
    const prefix = join(place, 'prefix')
    const home = join(place, 'home')
    mkdirSync(home)
    const { stdout: packed } = await run('npm', ['pack', '--json', '--pack-destination', place], {
      cwd: checkout,
    })
    const listed = JSON.parse(packed.slice(packed.indexOf('['))) as {
      filename: string
      files: { path: string }[]
    }[]
    const paths = listed[0]!.files.map(file => file.path)
    assert.ok(paths.includes('dist/src/main.js') && paths.includes('migrations/coop/001-core.sql'))
    assert.deepEqual(
      paths.filter(path => /\.test\.|^test\/|(^|\/)\.env|\.ts$/.test(path)),
      [],
    )
    await run('npm', [
      'install',
      '--global',
      '--prefix',
      prefix,
      '--no-audit',
      '--no-fund',
      join(place, listed[0]!.filename),
    ])

    const modules = join(prefix, 'lib', 'node_modules', 'coop')
    const names = readdirSync(join(modules, 'node_modules')).flatMap(name =>
      name.startsWith('.')
        ? []
        : name.startsWith('@')
          ? readdirSync(join(modules, 'node_modules', name))
          : [name],
    )
    const { stdout: size } = await run('du', ['-sm', modules])
    assert.ok(names.length <= bars.packages, `${names.length} packages`)
    assert.ok(Number.parseInt(size, 10) <= bars.megabytes, `${size} MB`)

    const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: home }
    const coop = (...args: string[]) => run(join(prefix, 'bin', 'coop'), args, { cwd: home, env })
    assert.match((await coop('version')).stdout, /^\d+\.\d+\.\d+/)
    assert.match((await coop('init', '--yes')).stdout, /A home is made/)
    assert.match((await coop('chat', '-m', 'hello')).stdout, /Hello! I am listening/)
    await run('sed', ['-i', 's#^model = .*#model = "offline/coop"#', join(home, '.coop', 'coop.toml')])
    assert.match((await coop('start', '--detach')).stdout, /The gateway runs/)
    assert.match((await coop('status')).stdout, /terminal connected/)
    assert.match((await coop('backup', join(home, 'b.tar.gz'))).stdout, /files are in/)
    assert.match((await coop('stop')).stdout, /stopped/)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
})
