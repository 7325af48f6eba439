// What is due to disappear, and that nothing of it is left.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { viewOf } from '../../src/access/clear.ts'
import type { Grant } from '../../src/access/clearance.ts'
import type { Household, Person } from '../../src/access/household.ts'
import type { Inbound } from '../../src/channel.ts'
import type { NewEntry } from '../../src/store/entry.ts'
import { emptyLog } from '../../src/store/erase.ts'
import type { Store } from '../../src/store/store.ts'
import { openTestStore } from './open.ts'

const bob: Person = { id: 'bob', name: 'Bob', level: 'inner', maxLevel: {}, matches: ['signal:b'] }
const household: Household = {
  revision: 1,
  people: new Map([['bob', bob]]),
  byMatch: new Map([['signal:b', 'bob']]),
  groups: new Map(),
  unknown: 'pair',
  publicDailyMessages: 0,
}
const clearance = viewOf(bob, 'signal', household)
const grant: Grant = clearance.grant()
const place = { channel: 'signal', kind: 'direct', id: 'b' } as const

const inbound = (externalId: string, text: string, expiresMs?: number): Inbound => ({
  channel: 'signal',
  externalId,
  place,
  sender: { channel: 'signal', id: 'b', name: 'Bob' },
  text,
  at: 0,
  quote: { author: 'Coop', of: 'agent', text: `quoted ${text}` },
  attachments: [{ kind: 'file', name: `${text}.txt`, mime: 'text/plain', handle: '{}' }],
  ...(expiresMs === undefined ? {} : { expiresMs }),
})

const says = (role: 'user' | 'assistant' | 'heard', text: string): NewEntry => ({
  role,
  blocks: [{ type: 'text', text }],
  author: role === 'assistant' ? null : 'bob',
  labels: clearance.reads,
  origin: role === 'assistant' ? 'agent' : 'inner',
})

const part = (key: string, turn: string | null, text: string, trace: string) => ({
  part: { outbound: { key, place, text }, labels: [], grant, turn, trace },
  first: true,
})

/** A message that is answered at `endedAt`; the reply's row. */
function answered(store: Store, name: string, expiresMs: number | undefined, endedAt: number) {
  store.sessions.ensure({ id: 's', kind: 'direct', person: 'bob', title: null }, 0)
  const [row] = store.inbox.admit([{ inbound: inbound(name, `secret ${name}`, expiresMs), trace: name }], 0)
  const at = { session: 's', epoch: 0, turn: name, trace: name }
  store.turns.begin(at, grant, [row!.id], [says('user', `secret ${name}`)], 0)
  const done = store.turns.end(
    at,
    {
      state: 'done',
      reason: 'end',
      usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
      model: 'x/y',
      entries: [says('assistant', `secret answer ${name}`)],
      parts: [part(`${name}:0`, name, `secret answer ${name}`, name)],
      inbox: { state: 'answered', reason: null },
    },
    null,
    endedAt,
  )
  return { inbox: row!.id, reply: done.rows[0]! }
}

const bytesOf = (path: string): string =>
  readdirSync(dirname(path))
    .map(name => readFileSync(join(dirname(path), name)).toString('latin1'))
    .join('')

test('a message is due its time after the turn that answered it, once the reply is out', t => {
  const { store } = openTestStore(t)
  const fleeting = answered(store, 'fleeting', 1_000, 500)
  const lasting = answered(store, 'lasting', undefined, 500)
  assert.deepEqual(store.expiring.due(5_000), [])
  store.outbox.markSent(fleeting.reply.id, 'x', null, 600)
  store.outbox.markSent(lasting.reply.id, 'y', null, 600)
  assert.deepEqual(store.expiring.due(1_400), [])
  assert.deepEqual(
    store.expiring.due(1_500).map(due => due.inbox),
    [fleeting.inbox],
  )
})

test('what was erased is in no view and no file, stays erased after a crash, and the rest is there', t => {
  const { store, path, afterCrash } = openTestStore(t)
  const fleeting = answered(store, 'fleeting', 1_000, 0)
  const lasting = answered(store, 'lasting', undefined, 0)
  for (const { reply } of [fleeting, lasting]) store.outbox.markSent(reply.id, 'x', null, 0)
  store.expiring.noteFile(
    { channel: 'signal', externalId: 'fleeting' },
    'users/bob/inbox/secret fleeting.txt',
  )
  const due = store.expiring.due(2_000)
  assert.deepEqual(due[0]?.files, ['users/bob/inbox/secret fleeting.txt'])
  assert.equal(due[0]?.entries.length, 2)
  store.expiring.erase(due)
  assert.equal(emptyLog(store.db), true)
  assert.deepEqual(store.expiring.due(9_999), [])
  assert.doesNotMatch(bytesOf(path), /secret (answer )?fleeting/)
  for (const open of [store, afterCrash()]) {
    const shown = JSON.stringify(open.transcript.view(clearance).entries('s', 0, 0))
    assert.match(shown, /secret answer lasting/)
    assert.doesNotMatch(shown, /fleeting/)
  }
})

test('what was heard or announced in a chat with a timer goes as well', t => {
  const { store, path } = openTestStore(t)
  store.sessions.ensure({ id: 's', kind: 'group', person: null, title: null }, 0)
  const at = (trace: string) => ({ session: 's', epoch: 0, turn: null, trace })
  const [row] = store.inbox.admit([{ inbound: inbound('a', 'secret', 1_000), trace: 'heard' }], 0)
  store.post(
    {
      place: at('heard'),
      entries: [says('heard', 'secret')],
      parts: [],
      inbox: { id: row!.id, state: 'heard', reason: null },
    },
    0,
  )
  const notice = store.post(
    {
      place: at('notice'),
      entries: [says('assistant', 'secret notice')],
      parts: [part('n:0', null, 'secret notice', 'notice')],
    },
    0,
  )
  store.outbox.markSent(notice.rows[0]!.id, 'x', null, 0, 3_000)
  assert.equal(store.expiring.due(1_000).length, 1)
  const due = store.expiring.due(3_000)
  assert.equal(due.length, 2)
  store.expiring.erase(due)
  emptyLog(store.db)
  assert.deepEqual(store.transcript.view(clearance).entries('s', 0, 0), [])
  assert.doesNotMatch(bytesOf(path), /secret/)
})

test('a report that also went to a chat which keeps it stays in the transcript', t => {
  const { store } = openTestStore(t)
  const { reply } = answered(store, 'job', undefined, 0)
  const other = store.outbox.add(part('other:0', 'job', 'secret answer job', 'job'), 0)
  store.outbox.markSent(reply.id, 'x', null, 0, 1_000)
  store.outbox.markSent(other!.id, 'y', null, 0)
  const [due] = store.expiring.due(1_000)
  assert.deepEqual([due?.outbox, due?.entries], [reply.id, []])
})

test('entries that will disappear are told from others', t => {
  const { store } = openTestStore(t)
  answered(store, 'fleeting', 1_000, 0)
  answered(store, 'lasting', undefined, 0)
  const all = store.transcript.view(clearance).entries('s', 0, 0)
  const fleeting = store.expiring.among(all.map(entry => entry.id))
  assert.deepEqual(
    all.filter(entry => fleeting.has(entry.id)).map(entry => entry.turn),
    ['fleeting', 'fleeting'],
  )
})
