// What a clearance makes of a box: folders, network and limits.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { type Clearance, issue } from '../../src/access/clearance.ts'
import { compartmentsOf, type Level, levels } from '../../src/access/levels.ts'
import { policyOf } from '../../src/box/policy.ts'
import { boxRulesOf } from '../../src/box/rules.ts'
import { openRig } from './rig.ts'

const rig = openRig({
  toml: '[box.familiar]\negress = ["example.com"]\n[box.inner]\ntimeout_s = 7\nmemory = "512M"\n',
})
after(() => rig[Symbol.dispose]())
const rules = boxRulesOf(rig.config)
const of = (clearance: Clearance, tainted = false) => policyOf(clearance, rules, tainted)
const roots = (clearance: Clearance) => of(clearance)?.roots.map(root => `${root.path}:${root.mode}`)

test('each level has its own folders in a direct chat', () => {
  assert.deepEqual(roots(rig.direct('alice')), [':rw'])
  assert.deepEqual(roots(rig.direct('bob')), ['users/bob:rw', 'shared:rw'])
  assert.deepEqual(roots(rig.direct('carol')), ['users/carol:ro'])
  assert.equal(of(rig.direct('mallory')), null)
})

test('a full person in a group that opens less sees nothing above it', () => {
  assert.deepEqual(roots(rig.group('alice', ['alice', 'bob'])), ['shared:rw'])
  assert.equal(of(rig.group('alice', ['alice', 'carol'])), null)
  assert.equal(of(rig.group('alice', ['alice', 'mallory'])), null)
  assert.deepEqual(roots(rig.group('bob', ['bob', 'alice'], 'inner')), ['users/bob:rw', 'shared:rw'])
})

test('personal folders are there only in that person’s direct conversations', () => {
  assert.equal(of(rig.direct('bob'))?.personal, 'bob')
  assert.equal(of(rig.group('alice', ['alice']))?.personal, null)
})

test('the settings of a level reach its policy', () => {
  const bob = of(rig.direct('bob'))!
  assert.equal(bob.limits.wallMs, 7_000)
  assert.equal(bob.limits.memory, 512 * 1024 * 1024)
  assert.deepEqual(of(rig.direct('carol'))!.egress, { kind: 'allow', hosts: ['example.com'] })
})

test('work without a person reaches no network and sees nobody’s personal folder', () => {
  const place = { channel: 'cron', kind: 'direct', id: 'nightly' } as const
  const reads = compartmentsOf('full')
  const policy = of(
    issue({ person: null, place, reads, acts: 'full', audience: [], tools: null, revision: 1 }),
  )!
  assert.deepEqual(policy.egress, { kind: 'none' })
  assert.equal(policy.personal, null)
})

test('a narrower clearance never has more folders, more network or more rights', () => {
  const level = fc.constantFrom<Level>(...levels)
  fc.assert(
    fc.property(fc.constantFrom('alice', 'bob', 'carol'), level, level, (who, reads, acts) => {
      const whole = rig.direct(who)
      const less = of(whole.narrow({ reads: compartmentsOf(reads), acts }))
      const more = of(whole)!
      if (!less) return
      assert.ok(more.acts || !less.acts)
      assert.equal(less.personal, null)
      for (const root of less.roots) {
        assert.ok(more.roots.some(wide => wide.path === '' || wide.path === root.path))
        assert.ok(root.mode === 'ro' || more.acts)
      }
    }),
  )
})

test('a look-alike of a clearance opens no box', () => {
  const fake = { level: 'full', person: 'alice', covers: () => true } as unknown as Clearance
  assert.throws(() => of(fake), { code: 'clearance_misused' })
})
