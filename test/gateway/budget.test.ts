// Money is held before it is spent, and who can mend things keeps enough to do it.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type ModelEvent, type ModelRequest, noUsage } from '../../src/agent/model.ts'
import { priceOf } from '../../src/agent/models/catalogue.ts'
import { openBudget, type Payer } from '../../src/gateway/budget.ts'
import { person } from '../access/make.ts'
import { openTestStore } from '../store/open.ts'

const model = 'anthropic/claude-opus-4-6'
const alice = person('alice', 'full')
const bob = person('bob', 'inner')
const request: ModelRequest = {
  model,
  tools: [],
  system: { stable: 'brief', session: '' },
  messages: [{ role: 'user', blocks: [{ type: 'text', text: 'hello' }] }],
  maxTokens: 1_000,
}
/** What an answer of the whole length costs, in US dollars. */
const answer = priceOf(model, { ...noUsage, output: 1_000 })

function purse(t: TestContext, daily: Record<string, number>, spent: Record<string, number>) {
  const { store } = openTestStore(t)
  for (const [id, usd] of Object.entries(spent)) {
    const level = id === 'alice' ? 'full' : 'inner'
    store.turns.record('t', { ...noUsage, person: id, level, job: null, model, usd }, 1_000)
  }
  const budget = openBudget({
    settings: () => ({ daily_usd: daily }),
    spending: store.spending,
    today: () => 0,
  })
  let asked = 0
  const stream = async function* (): AsyncGenerator<ModelEvent> {
    asked++
    yield { type: 'text', delta: 'Hello.' }
    yield { type: 'done', blocks: [], stop: 'end', usage: noUsage }
  }
  const open = (payer: Payer) =>
    budget.limited(stream, model, payer)(request, new AbortController().signal)[Symbol.asyncIterator]()
  const first = async (payer: Payer) => (await open(payer).next()).value as ModelEvent
  return { open, first, store, asked: () => asked }
}

test('a full person’s own messages have a reserve beyond the limit; jobs and others have none', async t => {
  const daily = { alice: 10 * answer, bob: 10 * answer }
  const { first, asked } = purse(t, daily, { alice: 10 * answer, bob: 10 * answer })
  assert.equal((await first({ person: alice, level: 'full', job: null })).type, 'text')
  assert.equal((await first({ person: alice, level: 'full', job: 'news' })).type, 'failed')
  assert.equal((await first({ person: bob, level: 'inner', job: null })).type, 'failed')
  assert.equal(asked(), 1, 'nothing is asked of the model that cannot be paid')
})

test('what was spent while the clock stood days ahead is no other day’s', async t => {
  const { first, store } = purse(t, { bob: 10 * answer }, {})
  const usd = 10 * answer
  for (const at of [3 * 86_400_000, 400 * 86_400_000])
    store.turns.record('t', { ...noUsage, person: 'bob', level: 'inner', job: null, model, usd }, at)
  assert.equal((await first({ person: bob, level: 'inner', job: null })).type, 'text')
})

test('what one call may cost is held while it runs, and given back when it has ended', async t => {
  const { open, first } = purse(t, { inner: 1.5 * answer }, {})
  const payer: Payer = { person: bob, level: 'inner', job: null }
  const running = open(payer)
  assert.equal(((await running.next()).value as ModelEvent).type, 'text')
  assert.equal((await first(payer)).type, 'failed', 'two at once would be more than the limit')
  while (!(await running.next()).done);
  assert.equal((await first(payer)).type, 'text')
})
