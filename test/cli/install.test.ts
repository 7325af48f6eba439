// The package as npm would publish it: installed into an empty prefix, used from there, upgraded and taken back.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

test('the packed package installs globally, chats, starts, backs up and stops; an upgrade keeps all, a downgrade is refused', {
  skip,
  timeout: 600_000,
}, async () => {
  const place = mkdtempSync(join(tmpdir(), 'coop-install-'))
  try {
    const home = join(place, 'home')
    mkdirSync(home)
    const { archive, paths } = await pack(place)
    assert.ok(paths.includes('dist/src/main.js') && paths.includes('migrations/coop/001-core.sql'))
    assert.deepEqual(
      paths.filter(path => /\.test\.|^test\/|(^|\/)\.env|\.ts$/.test(path)),
      [],
    )
    const prefix = join(place, 'prefix')
    await install(archive, prefix)
    await withinBars(join(prefix, 'lib', 'node_modules', 'coop'))

    const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: home }
    const under =
      (prefix: string) =>
      (...args: string[]) =>
        run(join(prefix, 'bin', 'coop'), args, { cwd: home, env })
    const coop = under(prefix)
    const { stdout: old } = await coop('version')
    assert.match(old, /^\d+\.\d+\.\d+\n$/)
    assert.match((await coop('init', '--yes')).stdout, /A home is made/)
    assert.match((await coop('chat', '-m', 'hello')).stdout, /Hello! I am listening/)
    await run('sed', ['-i', 's#^model = .*#model = "offline/coop"#', join(home, '.coop', 'coop.toml')])
    assert.match((await coop('start', '--detach')).stdout, /The gateway runs/)
    try {
      assert.match((await coop('status')).stdout, /terminal connected/)
      assert.match((await coop('backup', join(home, 'b.tar.gz'))).stdout, /files are in/)
      assert.match((await coop('chat', '-m', 'remember that the key hangs left')).stdout, /\S/)

      const before = join(place, 'before')
      cpSync(prefix, before, { recursive: true, verbatimSymlinks: true })
      await install(await newer(archive, place), prefix, '--ignore-scripts')
      assert.equal((await coop('version')).stdout, '99.0.0\n')
      assert.match((await coop('status')).stdout, new RegExp(`^Coop ${old.trim()},`, 'm'))
      await coop('restart')
      assert.match((await coop('status')).stdout, /^Coop 99\.0\.0,/m)
      assert.match((await coop('memory', 'search', 'key')).stdout, /the key hangs left/)
      assert.match((await coop('chat', '-m', 'what did I say of the key?')).stdout, /\S/)
      const copies = readdirSync(join(home, '.coop', 'db')).filter(name => name.includes('.before-'))
      assert.equal(copies.length, 1, copies.join())
      assert.match((await coop('stop')).stdout, /stopped/)

      const older = under(before)
      for (const args of [
        ['start', '--detach'],
        ['chat', '-m', 'hi'],
      ])
        await assert.rejects(
          older(...args),
          /^coop: [^\n]*coop\.db was written by a newer Coop [^\n]*left untouched[^\n]*install the newer Coop again[^\n]*\n$/m,
        )
      assert.match((await coop('memory', 'search', 'key')).stdout, /the key hangs left/)
    } finally {
      await coop('stop').catch(() => {})
    }
  } finally {
    rmSync(place, { recursive: true, force: true, maxRetries: 5 })
  }
})

test('keys beside the container’s recipe and packages made before are not packed', async () => {
  const place = mkdtempSync(join(tmpdir(), 'coop-pack-'))
  try {
    const { name, version, files } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'))
    writeFileSync(join(place, 'package.json'), JSON.stringify({ name, version, files }))
    mkdirSync(join(place, 'docs', 'container'), { recursive: true })
    for (const file of ['Containerfile', '.env', 'coop-0.1.0.tgz'])
      writeFileSync(join(place, 'docs', 'container', file), 'x')
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json'], { cwd: place })
    const [listed] = JSON.parse(stdout) as { files: { path: string }[] }[]
    const packed = listed!.files.map(file => file.path)
    assert.deepEqual(packed.toSorted(), ['docs/container/Containerfile', 'package.json'])
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
})

async function pack(place: string): Promise<{ archive: string; paths: string[] }> {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', place], { cwd: checkout })
  const [listed] = JSON.parse(stdout.slice(stdout.indexOf('['))) as {
    filename: string
    files: { path: string }[]
  }[]
  return { archive: join(place, listed!.filename), paths: listed!.files.map(file => file.path) }
}

/** The same package as a later version, with one migration more. */
async function newer(archive: string, place: string): Promise<string> {
  await run('tar', ['-xzf', archive, '-C', place])
  const tree = join(place, 'package')
  const manifest = JSON.parse(readFileSync(join(tree, 'package.json'), 'utf8')) as object
  writeFileSync(join(tree, 'package.json'), JSON.stringify({ ...manifest, version: '99.0.0' }))
  const migrations = join(tree, 'migrations', 'coop')
  const next = String(readdirSync(migrations).length + 1).padStart(3, '0')
  writeFileSync(
    join(migrations, `${next}-later.sql`),
    'CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT;\n',
  )
  const made = join(place, 'newer.tgz')
  await run('tar', ['-czf', made, '-C', place, 'package'])
  return made
}

/** What npm has fetched before is not asked for again; the package itself is a file, and so always the one that is meant. */
const install = (archive: string, prefix: string, ...flags: readonly string[]) =>
  run('npm', [
    'install',
    '--global',
    '--prefix',
    prefix,
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    ...flags,
    archive,
  ])

async function withinBars(modules: string): Promise<void> {
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
}
