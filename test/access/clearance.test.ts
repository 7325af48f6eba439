// A clearance cannot be made, forged or raised from outside its room.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { clear } from '../../src/access/clear.ts'
import { Clearance, checkClearance } from '../../src/access/clearance.ts'
import { type Compartment, levels, lowest } from '../../src/access/levels.ts'
import { seal, sealPlain } from '../../src/delivery/seal.ts'
import { openFiles } from '../../src/desk/files.ts'
import { householdOf, person } from './make.ts'

const alice = person('alice', 'full')
const household = householdOf([alice, person('bob', 'full')])
const direct = (id: string) => ({ channel: 'tele', kind: 'direct', id: `t-${id}` }) as const
const whole = clear({ kind: 'person', person: alice }, direct('alice'), { kind: 'list', ids: [] }, household)

const misused = { code: 'clearance_misused' }

test('the constructor is private at run time as well: a look-alike has no brand', () => {
  const lookAlikes: unknown[] = [
    { ...whole, covers: () => true, reads: ['private'] },
    Object.create(Clearance.prototype),
    Object.create(whole),
    new Proxy(whole, {}),
    whole.grant(),
    null,
    'clearance',
  ]
  for (const fake of lookAlikes) {
    assert.equal(Clearance.isClearance(fake), false)
    assert.throws(() => checkClearance(fake), misused)
    assert.throws(() => seal('text', fake as Clearance), misused)
    assert.throws(() => sealPlain('text', fake as Clearance), misused)
    assert.throws(() => openFiles(fake as Clearance, '/', () => null), misused)
  }
  assert.equal(Clearance.isClearance(whole), true)
})

test('a clearance is frozen, its lists too, and is not data', () => {
  assert.throws(() => Object.assign(whole, { fingerprint: 'x' }), TypeError)
  assert.throws(() => (whole.reads as Compartment[]).push('private'), TypeError)
  assert.throws(() => Object.assign(whole.place, { id: 'elsewhere' }), TypeError)
  assert.throws(() => JSON.stringify({ whole }), misused)
})

const compartment = fc.constantFrom<Compartment>(
  'social',
  'shared',
  'private',
  'personal:alice',
  'personal:bob',
)
const narrowing = fc.record(
  {
    reads: fc.array(compartment),
    acts: fc.constantFrom(...levels),
    tools: fc.array(fc.constantFrom('todo', 'message', 'bash')),
  },
  { requiredKeys: [] },
)

test('narrow only lowers, however often it is asked for more', () => {
  fc.assert(
    fc.property(fc.array(narrowing, { maxLength: 5 }), steps => {
      let current = whole
      for (const step of steps) {
        const next = current.narrow(step)
        assert.ok(current.covers(next.reads))
        assert.equal(lowest(next.acts, current.acts), next.acts)
        if (current.tools) assert.ok(next.tools?.every(name => current.tools!.includes(name)))
        assert.equal(next.person, current.person)
        assert.deepEqual(next.audience, current.audience)
        current = next
      }
    }),
  )
})

test('covers asks for every label, and an unlabelled thing is everybody’s', () => {
  fc.assert(
    fc.property(fc.array(compartment), fc.array(compartment), (reads, labels) => {
      const clearance = whole.narrow({ reads })
      assert.equal(
        clearance.covers(labels),
        labels.every(label => reads.includes(label) && label !== 'personal:bob'),
      )
      assert.ok(clearance.covers([]))
    }),
  )
})

test('a label that nobody knows is covered by nobody', () => {
  assert.equal(whole.covers(['secret']), false)
  assert.equal(whole.covers(['personal:bob']), false)
})

test('a sealed text opens only for a clearance that covers what it was written from', () => {
  const text = seal('words', whole)
  assert.equal(text.open(whole), 'words')
  assert.throws(() => text.open(whole.narrow({ reads: ['social'] })), TypeError)
  assert.throws(() => text.open({ covers: () => true } as unknown as Clearance), misused)
  assert.equal(JSON.stringify(text).includes('words'), false)
})
