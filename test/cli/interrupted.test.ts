// How a command ends that waits for an answer: with 130 at Ctrl-C, and else by what became of it; the gateway is left whole.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { openFakeAnthropic, refuse } from '../support/fake-anthropic.ts'
import { until } from '../support/until.ts'
import { bin, openHouse } from '../terminal/house.ts'
import { openModelServer } from '../terminal/model-server.ts'

test('Ctrl-C ends what waits with 130, stops the turn that was asked for, and a stop says what it waits for', async t => {
  await using model = await openModelServer(() => ({ words: Array(3_000).fill('on '), pauseMs: 20 }))
  await using house = openHouse({ modelUrl: model.url })
  const gateway = await house.gateway()
  const running = async () =>
    JSON.parse((await house.coop(['status', '--json'])).stdout).turns.running as number

  const begin = (...args: string[]) => {
    const child = spawn(process.execPath, [bin, '--config', house.config, ...args], {
      env: house.env,
      cwd: house.dir,
    })
    t.after(() => void child.kill('SIGKILL'))
    const said = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', chunk => {
        said[name] += chunk
      })
    return { child, said }
  }
  const interrupted = async (child: ChildProcess) => {
    child.kill('SIGINT')
    return (await once(child, 'close'))[0]
  }

  for (const args of [
    ['logs', '-f', '-n', '1000'],
    ['trace', '--follow'],
  ]) {
    const { child, said } = begin(...args)
    const asked = begin('chat', '-m', 'talk')
    await until('the turn runs', async () => (await running()) === 1)
    assert.equal(await interrupted(asked.child), 130)
    assert.match(asked.said.stdout, /(^|\n)Stopped\.\n$/)
    assert.equal(asked.said.stderr, '')
    await until('the turn is stopped', async () => (await running()) === 0)
    await until(`${args[0]} shows something`, () => said.stdout !== '')
    assert.equal(await interrupted(child), 130)
  }

  const left = begin('chat', '-m', 'talk')
  const end = once(left.child, 'close')
  await until('the turn runs', async () => (await running()) === 1)
  const stop = begin('stop')
  await until('it says what it waits for', () => /finishes a turn\. Ctrl-C/.test(stop.said.stderr))
  assert.equal(await interrupted(stop.child), 130)
  assert.match(stop.said.stderr, /The gateway goes on ending by itself/)
  assert.equal(gateway.exitCode, null)
  await until('a second Ctrl-C ends the gateway at once', () => {
    gateway.kill('SIGINT')
    return gateway.exitCode !== null
  })
  assert.equal(gateway.exitCode, 130)
  assert.equal((await end)[0], 4, 'who waited for an answer is told that none comes')
})

test('-m ends with 1 where its turn failed, and says why', async () => {
  await using provider = await openFakeAnthropic()
  provider.otherwise = () => refuse(401, 'no such key')
  await using house = openHouse({ modelUrl: provider.url })
  const ended = await house.coop(['chat', '-m', 'hello'])
  assert.match(ended.stdout, /The provider refuses the key/)
  assert.equal(ended.code, 1)
})
