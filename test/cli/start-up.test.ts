// What a command loads before it answers: what only asks the gateway is there at once.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { bin, openHouse, runNode } from '../terminal/house.ts'

/** A Node before 24 that the path leads to. */
const olderNode = (process.env.PATH ?? '')
  .split(':')
  .map(folder => join(folder, 'node'))
  .find(node => majorOf(node) < 24)

function majorOf(node: string): number {
  const { stdout } = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' })
  return Number.parseInt(stdout ?? '', 10)
}

/** Says on standard error which files a command loaded. */
const hook = `
import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context) } })
process.on('exit', () => process.stderr.write('\\nloaded: ' + loaded.join(' ')))`

test('version, help, status and what else only asks the gateway load no schema and no room of it', async () => {
  await using house = openHouse()
  await house.gateway()
  for (const args of [['--version'], ['--help'], ['status'], ['channels'], ['sessions'], ['attach']]) {
    const ended = await runNode(
      [
        '--import',
        `data:text/javascript,${encodeURIComponent(hook)}`,
        bin,
        '--config',
        house.config,
        ...args,
      ],
      { env: house.env, cwd: house.dir },
    )
    assert.equal(ended.code, 0, ended.stderr)
    const loaded = ended.stderr.split('loaded: ')[1]!.split(' ')
    assert.ok(loaded.some(url => url.endsWith('src/main.ts')))
    assert.deepEqual(
      loaded.filter(url =>
        /node_modules|src\/(?!gateway\/self\/status-text)(coop\.ts|gateway|store|agent)/.test(url),
      ),
      [],
      args.join(' '),
    )
  }
})

test('an older Node is told in one line what Coop needs', {
  skip: olderNode ? false : 'no older Node is on this machine',
}, async () => {
  const said = await promisify(execFile)(olderNode!, [bin, 'version']).catch(error => error)
  assert.equal(said.code, 1)
  assert.match(
    said.stderr,
    /^Coop needs Node\.js 24 or later; this is v\d+[^\n]*npm install -g --allow-scripts=node node@24[^\n]*\n$/,
  )
})
