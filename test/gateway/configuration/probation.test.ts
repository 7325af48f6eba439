// What a configuration would break is refused; what only trying shows is found while it is watched.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { configFrom } from '../../../src/config/load.ts'
import { examine, refusalOf, tryModel } from '../../../src/gateway/configuration/probation.ts'

const key = { ANTHROPIC_API_KEY: 'sk-ant-api03-a-key-of-a-test' }
const config = (model: string, env: Record<string, string> = {}) =>
  configFrom(`[agent]\nid = "coop"\nmodel = "${model}"\n`, '/nowhere/coop.toml', 1, env)
const offline = config('offline/coop')

test('a provider that takes the request and never answers fails its probation when the time is over', async () => {
  const server = createServer(() => {})
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  try {
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const next = config('anthropic/claude-opus-4-6', { ...key, ANTHROPIC_BASE_URL: base })
    const fault = await tryModel(next, offline, AbortSignal.timeout(300))
    assert.match(fault ?? '', /^anthropic\/claude-opus-4-6 does not answer/)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test('what changes no model asks none', async () => {
  assert.equal(await tryModel(offline, offline, AbortSignal.abort()), null)
})

test('a model without a key is refused where the one before had one, and not where there was none', () => {
  const without = config('anthropic/claude-opus-4-6')
  assert.equal(refusalOf(without, offline), 'there is no key for anthropic/claude-opus-4-6')
  assert.equal(refusalOf(without, without), null)
})

test('a channel that never connects fails its probation, one that is not there at once', async () => {
  const next = configFrom(
    '[agent]\nid = "coop"\nmodel = "offline/coop"\n[channels.telegram]\ntoken = "env:T"\n',
    '/nowhere/coop.toml',
    1,
    { T: 't' },
  )
  const starting = { name: 'telegram', state: () => ({ kind: 'starting' }) } as never
  const slow = await examine(next, offline, () => starting, AbortSignal.timeout(200))
  assert.equal(slow, 'the channel telegram does not connect')
  const none = await examine(next, offline, () => undefined, AbortSignal.timeout(200))
  assert.equal(none, 'the channel telegram does not start')
})
