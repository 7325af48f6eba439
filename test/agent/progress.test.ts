// What runs long is seen while it runs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { followed } from '../../src/agent/progress.ts'

async function all<T>(steps: AsyncGenerator<string, T>): Promise<{ shown: string[]; result: T }> {
  const shown: string[] = []
  for (;;) {
    const step = await steps.next()
    if (step.done) return { shown, result: step.value }
    shown.push(step.value)
  }
}

test('followed shows the newest output of what runs long, and returns its result', async () => {
  let end = (_: number) => {}
  const steps = followed<number>(onOutput => {
    onOutput('one\n')
    onOutput('x'.repeat(500))
    return new Promise(resolve => {
      end = resolve
    })
  })
  const first = await steps.next()
  assert.deepEqual(first, { done: false, value: 'x'.repeat(400) })
  end(7)
  assert.deepEqual(await steps.next(), { done: true, value: 7 })
})

test('followed shows nothing of what ends at once, and hands its failure on', async () => {
  const quick = followed(async onOutput => {
    onOutput('done')
    return 'result'
  })
  assert.deepEqual(await all(quick), { shown: [], result: 'result' })
  await assert.rejects(
    all(
      followed(async () => {
        throw new Error('stopped')
      }),
    ),
    /stopped/,
  )
})
