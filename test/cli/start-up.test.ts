// What a command loads before it answers: what only asks the gateway is there at once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bin, openHouse, runNode } from '../terminal/house.ts'

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
        /node_modules|src\/(?!gateway\/status-text)(coop\.ts|gateway|store|agent)/.test(url),
      ),
      [],
      args.join(' '),
    )
  }
})
