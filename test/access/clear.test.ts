// Who may see and do what, where: against the rule written down a second time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { clear, reissue, reissueAmongSame, viewOf } from '../../src/access/clear.ts'
import { type Household, identify, type Person } from '../../src/access/household.ts'
import { type Level, levels, lowest } from '../../src/access/levels.ts'
import type { Membership, Place } from '../../src/channel.ts'
import { group, householdOf, person } from './make.ts'

const direct = (id: string, channel = 'tele'): Place => ({
  channel,
  kind: 'direct',
  id: `${channel[0]}-${id}`,
})
const inGroup: Place = { channel: 'tele', kind: 'group', id: 'g' }
const nobody: Membership = { kind: 'list', ids: [] }
const listed = (...ids: string[]): Membership => ({ kind: 'list', ids: ids.map(id => `t-${id}`) })
const speaking = (who: Person) => ({ kind: 'person', person: who }) as const

const alice = person('alice', 'full')
const bob = person('bob', 'full')
const carol = person('carol', 'familiar')
const home = (...groups: Parameters<typeof group>[0][]) => householdOf([alice, bob, carol], groups.map(group))

test('a direct chat opens the person’s level and their own personal compartment, never another’s', () => {
  for (const who of [alice, bob]) {
    const { reads, acts } = clear(speaking(who), direct(who.id), nobody, home())
    assert.deepEqual(reads, [`personal:${who.id}`, 'private', 'shared', 'social'])
    assert.equal(acts, 'full')
  }
  assert.deepEqual(clear(speaking(carol), direct('carol'), nobody, home()).reads, [
    'personal:carol',
    'social',
  ])
})

test('a stranger’s direct chat opens nothing and acts at public', () => {
  const sender = { channel: 'tele', id: 't-mallory', name: 'Alice' }
  const speaker = identify(sender, home())
  const { reads, acts, person: who } = clear(speaker, direct('mallory'), nobody, home())
  assert.deepEqual({ reads, acts, who }, { reads: [], acts: 'public', who: null })
})

test('a match is exact: a near identifier, another channel or a display name is a stranger', () => {
  for (const sender of [
    { channel: 'tele', id: 't-alice ', name: '' },
    { channel: 'tele', id: 'T-ALICE', name: '' },
    { channel: 'disc', id: 't-alice', name: '' },
    { channel: 'tele', id: '', name: 'alice' },
  ])
    assert.equal(identify(sender, home()).kind, 'stranger')
})

test('an identity that changed hands is public until it is confirmed, in a group for everybody', () => {
  const household = home({ ceiling: 'full' })
  const speaker = identify({ channel: 'tele', id: 't-alice', name: '', unverified: true }, household)
  const alone = clear(speaker, direct('alice'), nobody, household)
  assert.deepEqual([alone.reads, alone.acts], [[], 'public'])
  const there = clear(speaker, inGroup, listed('alice', 'bob'), household)
  assert.deepEqual([there.reads, there.acts], [[], 'public'])
})

test('max_trust lowers a person on that channel alone', () => {
  const capped = person('alice', 'full', { disc: 'familiar' })
  const household = householdOf([capped])
  assert.equal(clear(speaking(capped), direct('alice', 'disc'), nobody, household).acts, 'familiar')
  assert.deepEqual(clear(speaking(capped), direct('alice', 'disc'), nobody, household).reads, [
    'personal:alice',
    'social',
  ])
  assert.equal(clear(speaking(capped), direct('alice'), nobody, household).acts, 'full')
  assert.equal(viewOf(capped, 'disc', household).acts, 'familiar')
})

test('max_trust never raises', () => {
  const capped = person('carol', 'familiar', { tele: 'full' })
  assert.equal(clear(speaking(capped), direct('carol'), nobody, householdOf([capped])).acts, 'familiar')
})

test('a group opens what all its members open, at most its ceiling, and nothing personal', () => {
  fc.assert(
    fc.property(
      fc.record({
        levels: fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(...levels))),
        ceiling: fc.constantFrom(...levels),
        fallback: fc.constantFrom(...levels),
        present: fc.subarray(['alice', 'bob', 'carol', 'mallory']),
        speaker: fc.constantFrom('alice', 'bob', 'carol', 'mallory'),
      }),
      ({ levels: given, ceiling, fallback, present, speaker }) => {
        const people = ['alice', 'bob', 'carol'].map((id, index) => person(id, given[index]!))
        const household = householdOf(people, [group({ ceiling, defaultLevel: fallback })])
        const known = (id: string): Level => people.find(one => one.id === id)?.level ?? fallback
        const who = identify({ channel: 'tele', id: `t-${speaker}`, name: '' }, household)
        const clearance = clear(who, inGroup, listed(...present), household)
        const expected = lowest(ceiling, ...[...present, speaker].map(known))
        const open = { public: 0, familiar: 1, inner: 2, full: 3 }[expected]
        assert.ok(clearance.reads.length <= open)
        if (present.includes(speaker)) assert.equal(clearance.reads.length, open)
        assert.ok(!clearance.reads.some(one => one.startsWith('personal:')))
        const acts = speaker === 'mallory' ? 'public' : lowest(known(speaker), ceiling)
        assert.equal(clearance.acts, acts)
      },
    ),
  )
})

test('a group is known only while the count is what the owner declared', () => {
  const household = home({ ceiling: 'full' })
  const at = (membership: Membership) => clear(speaking(alice), inGroup, membership, household).reads
  assert.equal(at({ kind: 'count', count: 2 }).length, 3)
  for (const membership of [
    { kind: 'count', count: 3 },
    { kind: 'count', count: 1 },
    { kind: 'unknown', reason: 'no answer' },
  ] as const)
    assert.deepEqual(at(membership), [])
})

test('somebody who speaks in a group without being in its list is one more unknown reader', () => {
  assert.deepEqual(clear(speaking(alice), inGroup, listed('bob'), home({ ceiling: 'full' })).reads, [])
})

test('an unknown reader counts at default_trust, or lower if a person of whom that is known could be there', () => {
  const trusted = { ceiling: 'full', defaultLevel: 'inner' } as const
  const unread = { kind: 'count', count: 3 } as const
  const without = householdOf([alice, bob], [group(trusted)])
  assert.deepEqual(clear(speaking(alice), inGroup, unread, without).reads, ['shared', 'social'])
  assert.deepEqual(clear(speaking(alice), inGroup, unread, home(trusted)).reads, ['social'])
})

test('a group that is not listed opens nothing', () => {
  const { reads, acts } = clear(speaking(alice), inGroup, listed('alice'), home())
  assert.deepEqual([reads, acts], [[], 'public'])
})

test('a grant is issued again as the lower of what it was and what is true now', () => {
  const scenario = fc.record({
    before: fc.tuple(...[0, 1].map(() => fc.constantFrom(...levels))),
    after: fc.tuple(...[0, 1].map(() => fc.option(fc.constantFrom(...levels)))),
    ceiling: fc.tuple(fc.constantFrom(...levels), fc.constantFrom(...levels)),
    place: fc.constantFrom(direct('alice'), inGroup),
    strangers: fc.tuple(fc.boolean(), fc.boolean()),
  })
  fc.assert(
    fc.property(scenario, ({ before, after, ceiling, place, strangers }) => {
      const at = (given: readonly (Level | null)[], top: Level): Household =>
        householdOf(
          ['alice', 'bob'].flatMap((id, index) => (given[index] ? [person(id, given[index])] : [])),
          [group({ ceiling: top, defaultLevel: 'public' })],
        )
      const members = (stranger: boolean) => listed('alice', 'bob', ...(stranger ? ['mallory'] : []))
      const then = at(before, ceiling[0])
      const now = at(after, ceiling[1])
      const granted = clear(speaking(then.people.get('alice')!), place, members(strangers[0]), then)
      const stored = JSON.parse(JSON.stringify(granted.grant()))
      const again = reissue(stored, members(strangers[1]), now)
      const fresh = clear(
        identify({ channel: 'tele', id: 't-alice', name: '' }, now),
        place,
        members(strangers[1]),
        now,
      )
      assert.ok(granted.covers(again.reads) && fresh.covers(again.reads))
      assert.equal(again.acts, lowest(granted.acts, fresh.acts))
      assert.deepEqual(
        again.reads,
        fresh.reads.filter(one => granted.reads.includes(one)),
      )
      const without = reissueAmongSame(stored, now)
      assert.ok(granted.covers(without.reads))
      assert.equal(without.acts, again.acts)
      if (strangers[0] === strangers[1]) assert.ok(without.covers(again.reads))
    }),
  )
})

test('a tampered grant raises nothing: what is true now bounds it', () => {
  const household = home()
  const grant = clear(speaking(carol), direct('carol'), nobody, household).grant()
  const forged = { ...grant, reads: ['private', 'personal:alice', 'social'] as const, acts: 'full' as const }
  const again = reissue(forged, nobody, household)
  assert.deepEqual([again.reads, again.acts], [['social'], 'familiar'])
})

test('a direct place whose match moved to somebody else, or to nobody, is a stranger’s', () => {
  const grant = clear(speaking(alice), direct('alice'), nobody, home()).grant()
  const moved = householdOf([
    { ...alice, matches: ['tele:new'] },
    { ...carol, matches: ['tele:t-alice'] },
  ])
  const lost = householdOf([{ ...alice, matches: ['tele:new'] }])
  for (const household of [moved, lost]) {
    const again = reissue(grant, nobody, household)
    assert.deepEqual([again.reads, again.acts], [[], 'public'])
  }
})
