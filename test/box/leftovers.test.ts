// What a gateway left running is ended by the next, and only that.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { endLeftovers, markOf } from '../../src/box/leftovers.ts'
import { boxTests, openRig } from './rig.ts'

test('endLeftovers ends what bears the mark of this home, and nothing else', async () => {
  const [mine, other] = [markOf(`/home/${process.pid}`), markOf(`/home/${process.pid}/other`)]
  const start = async (mark: string) => {
    const child = spawn('/bin/bash', ['-c', 'echo on; read', mark])
    await once(child.stdout, 'data')
    return child
  }
  const [left, alive] = [await start(mine), await start(other)]
  const gone = once(left, 'exit')
  assert.equal(endLeftovers(mine), 1)
  assert.equal((await gone)[1], 'SIGKILL')
  assert.equal(endLeftovers(mine), 0)
  assert.equal(alive.exitCode, null)
  alive.stdin.end()
  await once(alive, 'exit')
})

test('a running box bears the mark of its home from its beginning', boxTests, async () => {
  using rig = openRig({ toml: '[box.full]\negress = "none"\n' })
  const box = (await rig.boxes.open(rig.direct('alice'), () => 'full', rig.signal))!
  const ran = await box.exec({ argv: ['/bin/cat', '/proc/1/cmdline'], quiet: 'reading' }, rig.signal)
  assert.ok(ran.stdout.toString().split('\0').includes(markOf(rig.home)))
  assert.ok(!ran.stdout.includes(rig.home))
})
