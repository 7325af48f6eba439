// A process that is killed in the midst of capture, reconciling and tidying: the next one ends where it would have.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { keepUp } from './killed-upkeep.ts'
import { direct, type Home, openHome } from './people.ts'

const program = fileURLToPath(new URL('./killed-upkeep.ts', import.meta.url))

const everything = (home: Home): unknown =>
  (['alice', 'bob'] as const).map(name => {
    const view = home.memory.open(direct(name))
    return {
      rows: view
        .list({ limit: 100 })
        .map(memo => [memo.kind, memo.text, memo.ended])
        .sort(),
      archived: view.stats().map(({ store, archived }) => [store, archived]),
    }
  })

test('upkeep that is killed at any question to the model loses and doubles nothing', async () => {
  let steps = 0
  using whole = openHome()
  await keepUp(whole.memory, async step => void (steps = step))
  const wanted = everything(whole)
  assert.match(JSON.stringify(wanted), /Herons were counted[\s\S]*Heron number 15 is known/)
  assert.match(JSON.stringify(wanted), /"archived":\[\["social",0\][\s\S]*\["personal:alice",[1-9]/)
  assert.ok(steps >= 6, `${steps} questions`)

  for (let step = 1; step <= steps; step++) {
    using home = openHome()
    const child = spawn(process.execPath, [program, home.path, String(step)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    await keepUp(home.memory, async () => {})
    assert.deepEqual(everything(home), wanted, `killed at question ${step}`)
    for (const owner of [null, 'alice', 'bob'])
      assert.equal(home.memory.room.files.database(owner).pragma('integrity_check', { simple: true }), 'ok')
  }
})
