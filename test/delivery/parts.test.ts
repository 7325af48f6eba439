// Which parts of what was just written count as being on their way, and what a place may not read has none.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clear } from '../../src/access/clear.ts'
import type { Channel, Place } from '../../src/channel.ts'
import { inLanes, partsOf } from '../../src/delivery/parts.ts'
import { seal } from '../../src/delivery/seal.ts'
import { householdOf, person } from '../access/make.ts'

const alice = person('alice', 'full')
const bob = person('bob', 'inner')
const household = householdOf([alice, bob])
const placeOf = (id: string): Place => ({ channel: 'tele', kind: 'direct', id })
const clearanceOf = (who: typeof alice) =>
  clear({ kind: 'person', person: who }, placeOf(`t-${who.id}`), { kind: 'list', ids: [who.id] }, household)
const facts = { key: 'reply', turn: null, trace: 't' }
const channel = { capabilities: { maxTextLength: 60 } } as Channel

function partsFor(who: typeof alice, text: string) {
  const clearance = clearanceOf(who)
  return partsOf(seal(text, clearance), { place: clearance.place, clearance, channel }, facts)!
}

test('of parts that are written together the first in each idle lane counts as on its way', () => {
  const long = 'A sentence that takes a part alone. '.repeat(4)
  const parts = [...partsFor(alice, long), ...partsFor(bob, long)]
  const firsts = (idle: (place: Place) => boolean) =>
    inLanes(parts, idle)
      .filter(({ first }) => first)
      .map(({ part }) => `${part.outbound.place.id} ${part.outbound.key}`)
  assert.ok(parts.length >= 6, 'each reply has several parts')
  assert.deepEqual(
    firsts(() => true),
    ['t-alice reply:0', 't-bob reply:0'],
  )
  assert.deepEqual(
    firsts(place => place.id === 't-bob'),
    ['t-bob reply:0'],
  )
  assert.deepEqual(
    inLanes(parts, () => true).map(({ part }) => part),
    parts,
    'their order stays',
  )
})

test('a place whose readers may not see what a text was written from gets no part of it', () => {
  const sealed = seal('written for Alice', clearanceOf(alice))
  const clearance = clearanceOf(bob)
  assert.equal(partsOf(sealed, { place: clearance.place, clearance, channel }, facts), null)
})
