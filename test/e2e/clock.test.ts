// A clock that is set forward or back by days while the program runs: no reply is delayed by it, and none given up.
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { refuse } from '../support/fake-anthropic.ts'
import { openShiftedClock } from '../support/shifted-clock.ts'
import { alice, openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'

const dayMs = 86_400_000

test('a clock that is set by days while it runs delays no reply and gives none up', async t => {
  using clock = openShiftedClock()
  await using stage = await openStage({ env: clock.env })
  const { telegram, model } = stage
  const calls = (method: string) => telegram.calls.filter(call => call.method === method).length
  const reached = (words: string) =>
    until(`“${words}” is delivered`, () =>
      telegram.sent(alice.id).some(sent => sent.text === `heard: ${words}`),
    )
  telegram.write(alice, 'good morning')
  await reached('good morning')

  await t.test('set back while a key rests', async () => {
    const before = model.requests.length
    model.next(refuse(429, 'slow down', 2))
    telegram.write(alice, 'one too many')
    await until('the key is refused', () => model.requests[before]?.endedAt)
    await sleep(300)
    clock.shift(-2 * dayMs)
    await reached('one too many')
  })

  await t.test('set back while Telegram asks to wait', async () => {
    clock.shift(0)
    const before = calls('sendMessage')
    telegram.fail('sendMessage', { status: 429, retryAfter: 2 })
    telegram.write(alice, 'in a moment')
    await until('it is told to wait', () => calls('sendMessage') > before)
    await sleep(300)
    clock.shift(-2 * dayMs)
    await reached('in a moment')
  })

  await t.test('set forward between two tries', async () => {
    clock.shift(0)
    const before = calls('sendMessage')
    telegram.fail('sendMessage', { status: 502, description: 'Bad Gateway' }, 2)
    telegram.write(alice, 'good night')
    await until('it is tried', () => calls('sendMessage') > before)
    clock.shift(3 * dayMs)
    await reached('good night')
  })
})
