// The request's prefix is the same bytes from turn to turn, whatever else moves: this is what the cache is paid for.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodyOf } from '../../src/agent/models/anthropic-request.ts'
import type { WireRequest } from '../support/fake-anthropic.ts'
import { fakeChannel, fakeModel, messageFrom, openHouse } from '../trust/house.ts'

const users = ['Alice', 'Bob', 'Carol'].map(
  name => `\n[[users]]\nname = "${name}"\ntrust = "full"\nmatch = ["tele:${name.toLowerCase()}"]\n`,
)
const groups = ['mon', 'tue'].map(id => `\n[[groups]]\nmatch = "tele:${id}"\nmembers = ["Alice", "Bob"]\n`)
const ordered = [...users, ...groups].join('')
const reversed = [...groups.toReversed(), ...users.toReversed()].join('')

/** Requests of one conversation while the clock, the order of coop.toml, the locale and the process change between turns. */
async function asked(gapMs: number) {
  let now = Date.parse('2026-03-29T00:30:00Z')
  let calls = 0
  const tele = fakeChannel('tele')
  await using house = openHouse({
    toml: ordered,
    channels: [tele],
    now: () => now,
    model: fakeModel(request =>
      ++calls % 3 === 0 && !request.messages.at(-1)!.blocks.some(block => block.type === 'tool_result')
        ? [{ type: 'tool_call', id: `c${calls}`, name: 'todo', input: {} }]
        : 'Good.',
    ),
  })
  const locale = process.env.LANG
  const changes = [
    () => house.reload(reversed),
    () => house.restart(reversed),
    () => {
      process.env.LANG = 'tr_TR.UTF-8'
    },
    () => house.reload(ordered),
    () => house.restart(ordered),
  ]
  for (let turn = 0; turn < 8; turn++) {
    tele.push({ ...messageFrom('tele', 'alice', `message ${turn}`), at: now })
    while (tele.sent.length <= turn) await new Promise(setImmediate)
    await house.settled()
    await changes[turn]?.()
    now += gapMs
  }
  if (locale === undefined) delete process.env.LANG
  else process.env.LANG = locale
  return house.model.requests.map(
    request => JSON.parse(String(bodyOf({ ...request, model: 'claude-opus-4-6' }))) as WireRequest,
  )
}

/** Without the marks, which are no content. */
const bytes = (value: unknown): string =>
  JSON.stringify(value, (name, inner: unknown) => (name === 'cache_control' ? undefined : inner))

test('over turns, tools, reloads and restarts every request continues the one before', async () => {
  const requests = await asked(60_000)
  assert.ok(requests.length > 8)
  for (const [index, request] of requests.slice(1).entries()) {
    const before = requests[index]!
    assert.equal(bytes(request.tools), bytes(before.tools))
    assert.equal(bytes(request.system), bytes(before.system))
    assert.ok(
      bytes(request.messages).startsWith(bytes(before.messages).slice(0, -1)),
      `request ${index + 1} moved what was said before`,
    )
  }
})

test('breakpoints stand after the stable text, after the session’s, and on the last two messages of the person', async () => {
  for (const { system, messages } of await asked(7 * 60_000)) {
    assert.ok(system.every(block => block.cache_control))
    const marked = messages.filter(message => JSON.stringify(message).includes('cache_control'))
    const people = messages.filter(message => message.role === 'user')
    assert.deepEqual(marked, people.slice(-2))
  }
})
