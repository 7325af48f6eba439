// The pace of a conversation decides for how long its prefix is kept; a primer makes it long enough to be kept at all.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { primed } from '../../src/agent/primer.ts'
import { hourPays } from '../../src/agent/rhythm.ts'
import { countTokens } from '../../src/agent/tokens.ts'
import type { Entry } from '../../src/store/entry.ts'

const minute = 60_000

/** A conversation whose messages come so many minutes apart. */
function paced(gaps: readonly number[], words = 'hello there'): Entry[] {
  let at = 0
  return [0, ...gaps].flatMap((gap, index) => {
    at += gap * minute
    const entry = (role: 'user' | 'assistant', id: number): Entry => ({
      id,
      session: 's',
      epoch: 0,
      turn: `t${index}`,
      role,
      blocks: [{ type: 'text', text: words }],
      author: role === 'user' ? 'alice' : null,
      labels: [],
      origin: 'full',
      at,
    })
    return [entry('user', 2 * index), entry('assistant', 2 * index + 1)]
  })
}

test('an hour is paid for where messages come too late for minutes and soon enough for an hour', () => {
  const cases: [string, number[], boolean][] = [
    ['nothing is known', [], false],
    ['a quick exchange', [1, 1, 2, 1, 3, 1], false],
    ['a slow day', [20, 35, 12, 40, 25], true],
    ['once a day', [1_440, 1_440, 1_440, 1_440], false],
    ['quick with one pause', [1, 1, 20, 1, 1, 1, 1], true],
    ['quick with a night', [1, 1, 600, 1, 1, 1, 1], false],
    ['a slow evening after weeks of days apart', [...Array(12).fill(1_440), ...Array(12).fill(15)], true],
  ]
  for (const [name, gaps, expected] of cases) assert.equal(hourPays(paced(gaps)), expected, name)
})

test('the primer makes up what is lacking, and no more than it must', () => {
  const prompt = {
    stable: 'brief',
    session: '',
    fixedTokens: 2,
    volatile: '',
    refs: [],
    origin: 'agent',
  } as const
  assert.equal(primed(prompt, 0), prompt)
  assert.equal(primed(prompt, -500), prompt)
  assert.equal(primed(prompt, 20_000), prompt, 'far too much is not tried')
  for (const need of [100, 700, 1_500]) {
    const added = countTokens(primed(prompt, need).stable)
    assert.ok(added >= need && added < need * 1.03 + 200, `${added} for ${need}`)
  }
})
