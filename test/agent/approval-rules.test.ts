// Which calls wait for a person: no rule and no order of rules lets a strong one run unasked beside text from outside.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { levels } from '../../src/access/levels.ts'
import { type ApprovalRule, type Deciding, decide } from '../../src/agent/approval-rules.ts'
import { origins } from '../../src/store/entry.ts'
import type { Traits } from '../../src/tools/tool.ts'

const traits = (reach: Traits['reach'], ask?: string): Traits => ({
  effect: 'world',
  reach,
  ...(ask ? { ask } : {}),
})
const base: Deciding = {
  tool: 'bash',
  input: { command: 'ls' },
  traits: traits('standing'),
  origin: 'agent',
  level: 'full',
  rules: [],
}

const anyRule: fc.Arbitrary<ApprovalRule> = fc.record(
  {
    tool: fc.constantFrom('*', 'bash', 'web_fetch'),
    origin: fc.constantFrom('outside', 'derived', 'any'),
    who: fc.constantFrom(...levels),
    argument: fc.constantFrom('ls', 'rm', '.'),
    answer: fc.constantFrom('allow', 'ask', 'deny'),
  },
  { requiredKeys: ['tool', 'answer'] },
)
const anyCall: fc.Arbitrary<Deciding> = fc.record({
  tool: fc.constantFrom('bash', 'web_fetch', 'config'),
  input: fc.constantFrom({ command: 'ls' }, { url: 'https://example.com/a' }),
  traits: fc.record({
    effect: fc.constant('world'),
    reach: fc.constantFrom('none', 'standing', 'strong'),
  }) as fc.Arbitrary<Traits>,
  origin: fc.constantFrom(...origins),
  level: fc.constantFrom(...levels),
  rules: fc.array(anyRule, { maxLength: 4 }),
})

test('a strong call never runs unasked while outside or derived text is in the prompt, whatever the rules say', () => {
  fc.assert(
    fc.property(anyCall, call => {
      const tainted = call.origin === 'outside' || call.origin === 'derived'
      if (tainted && call.traits.reach === 'strong') assert.notEqual(decide(call).kind, 'allow')
    }),
  )
})
test('a standing call never runs unasked with outside text unless the first fitting rule allows that origin by name', () => {
  fc.assert(
    fc.property(anyCall, call => {
      if (call.origin !== 'outside' || call.traits.reach !== 'standing') return
      if (decide(call).kind === 'allow')
        assert.ok(call.rules.some(rule => rule.answer === 'allow' && rule.origin !== undefined))
    }),
  )
})
test('a call whose traits ask never runs unasked', () => {
  fc.assert(
    fc.property(anyCall, call => decide({ ...call, traits: traits('none', 'Sure?') }).kind !== 'allow'),
  )
})
test('with no rules a clean prompt asks for nothing, and derived text holds back only what is strong', () => {
  fc.assert(
    fc.property(anyCall, call => {
      const { kind } = decide({ ...call, rules: [] })
      const asks =
        (call.origin === 'outside' && call.traits.reach !== 'none') ||
        (call.origin === 'derived' && call.traits.reach === 'strong')
      assert.equal(kind, asks ? 'ask' : 'allow')
    }),
  )
})
test('the first rule that fits tool, argument, origin and person counts', () => {
  const rules: ApprovalRule[] = [
    { tool: 'bash', argument: 'rm -rf', answer: 'deny' },
    { tool: 'bash', who: 'inner', answer: 'ask' },
    { tool: 'bash', origin: 'outside', answer: 'allow' },
  ]
  assert.equal(decide({ ...base, rules, input: { command: 'rm -rf x' } }).kind, 'deny')
  assert.equal(decide({ ...base, rules, level: 'inner' }).kind, 'ask')
  assert.equal(decide({ ...base, rules, origin: 'outside' }).kind, 'allow')
  assert.equal(decide({ ...base, rules }).kind, 'allow')
})
test('an address that was shown word for word may be fetched; one that was built waits', () => {
  const fetching = {
    ...base,
    tool: 'web_fetch',
    origin: 'outside' as const,
    given: (url: string) => url === 'https://example.com/a',
  }
  assert.equal(decide({ ...fetching, input: { url: 'https://example.com/a' } }).kind, 'allow')
  assert.equal(decide({ ...fetching, input: { url: 'https://example.com/a?secret' } }).kind, 'ask')
})
test('the question holds the exact arguments and what a yes does', () => {
  const decision = decide({ ...base, origin: 'outside' })
  assert.ok(decision.kind === 'ask')
  assert.match(decision.question, /bash \{"command":"ls"\}/)
  assert.equal(decision.of, 'full')
})
