// What strangers may say a day is counted by the household's day.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Inbound } from '../../../src/channel.ts'
import { openStrangers } from '../../../src/gateway/people/strangers.ts'
import { dayStart } from '../../../src/gateway/zone.ts'
import { householdOf } from '../../access/make.ts'
import { openTestStore } from '../../store/open.ts'

const from = (id: string): Inbound => ({
  channel: 'tele',
  externalId: '1',
  place: { channel: 'tele', kind: 'direct', id },
  sender: { channel: 'tele', id, name: 'Mallory' },
  text: 'hello',
  at: 0,
})

test('a stranger’s count is their own, and begins anew at the household’s midnight', t => {
  const { store } = openTestStore(t)
  let now = Date.parse('2026-11-21T14:59:00Z')
  const told: string[] = []
  const strangers = openStrangers({
    store,
    household: () => householdOf([]),
    office: { tellOwners: text => void told.push(text), answer() {} },
    today: () => dayStart(now, 'Asia/Tokyo'),
    now: () => now,
  })
  strangers.count(from('m'))
  strangers.count(from('m'))
  assert.deepEqual([strangers.answeredToday(from('m')), strangers.answeredToday(from('n'))], [2, 0])
  strangers.changed(from('m'), 'Alice')
  strangers.changed(from('m'), 'Alice')
  assert.equal(told.length, 1, 'the owners hear of a changed identity once a day')
  now = Date.parse('2026-11-21T15:01:00Z')
  assert.equal(strangers.answeredToday(from('m')), 0)
  strangers.count(from('m'))
  assert.equal(strangers.answeredToday(from('m')), 1)
  assert.equal(
    Object.keys(store.settings.list('gateway')).filter(name => name.startsWith('public:')).length,
    1,
  )
  strangers.changed(from('m'), 'Alice')
  assert.equal(told.length, 2)
  strangers.inUnlistedGroup({ channel: 'tele', kind: 'group', id: 'den', title: 'Den' })
  strangers.inUnlistedGroup({ channel: 'tele', kind: 'group', id: 'den', title: 'Den' })
  assert.equal(told.length, 3, 'and of a group that is not listed once')
})
