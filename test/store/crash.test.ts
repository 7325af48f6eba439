// A crash between any two steps, or in the middle of one, loses nothing and leaves no half of anything.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clear } from '../../src/access/clear.ts'
import { noUsage } from '../../src/agent/model.ts'
import type { NewEntry } from '../../src/store/entry.ts'
import type { Part } from '../../src/store/outbox.ts'
import type { Store } from '../../src/store/store.ts'
import { householdOf, person } from '../access/make.ts'
import { messageFrom } from '../trust/house.ts'
import { openTestStore } from './open.ts'

const alice = person('alice', 'full')
const home = { channel: 'tele', kind: 'direct', id: 't-alice' } as const
const clearance = clear(
  { kind: 'person', person: alice },
  home,
  { kind: 'list', ids: [] },
  householdOf([alice]),
)
const grant = clearance.grant()
const place = { session: 's', epoch: 0, turn: 'turn', trace: 't' }
const cost = { ...noUsage, person: 'alice', level: 'full', job: null, model: 'm', usd: 0 }

const entry = (role: NewEntry['role'], words: string, more: Partial<NewEntry> = {}): NewEntry => ({
  role,
  blocks: [{ type: 'text', text: words }],
  author: role === 'user' ? 'alice' : null,
  labels: clearance.reads,
  origin: 'full',
  ...more,
})
const part = (key: string): Part => ({
  outbound: { key, place: home, text: key },
  labels: clearance.reads,
  grant,
  turn: 'turn',
  trace: 't',
})
const ending = {
  state: 'done',
  reason: 'done',
  usage: noUsage,
  model: 'm',
  entries: [entry('assistant', 'the answer')],
  parts: [
    { part: part('turn:0'), first: true },
    { part: part('turn:1'), first: false },
  ],
  inbox: { state: 'answered', reason: null },
} as const

/** The life of one message, a commit a step. */
const steps: readonly (readonly [string, (store: Store) => void])[] = [
  [
    'a message is admitted',
    store =>
      void store.inbox.admit(
        [{ inbound: { ...messageFrom('tele', 't-alice', 'ask'), externalId: 'e' }, trace: 't' }],
        1,
      ),
  ],
  [
    'its session is made',
    store => void store.sessions.ensure({ id: 's', kind: 'direct', person: 'alice', title: null }, 1),
  ],
  ['the turn begins', store => void store.turns.begin(place, grant, [1], [entry('user', 'ask')], 2)],
  [
    'a step plans a call',
    store =>
      void store.turns.step(
        place,
        [
          entry('assistant', 'I look', { blocks: [{ type: 'tool_call', id: 'c', name: 'look', input: {} }] }),
          entry('tool', '', { blocks: [], callId: 'c', state: 'planned' }),
        ],
        cost,
        3,
      ),
  ],
  ['the call runs', store => store.transcript.setState(3, 'running')],
  [
    'the call has its result',
    store =>
      store.transcript.setResult(
        3,
        'done',
        [{ type: 'tool_result', callId: 'c', name: 'look', text: 'found', isError: false }],
        'agent',
      ),
  ],
  ['the turn ends', store => void store.turns.end(place, ending, cost, 4)],
  ['the first part is out', store => store.outbox.markSent(1, 'x1', 2, 5)],
  ['the second part is out', store => store.outbox.markSent(2, 'x2', null, 6)],
]

/** What must hold after every crash: the message is either still to be done, or its whole reply is there. */
function assertWhole(store: Store, done: number): void {
  assert.equal(store.db.pragma('integrity_check', { simple: true }), 'ok')
  const row = store.inbox.get(1)
  assert.equal(row !== undefined, done >= 1)
  if (!row) return
  const turn = store.turns.get('turn')
  const counts = store.outbox.counts()
  const parts = (counts.queued ?? 0) + (counts.sending ?? 0) + (counts.sent ?? 0)
  if (row.state === 'answered') {
    assert.equal(turn?.state, 'done')
    assert.equal(parts, 2)
    assert.equal(store.turns.open().length, 0)
  } else {
    assert.equal(parts, 0)
    assert.ok(store.inbox.unfinished().some(open => open.id === 1))
    assert.equal(row.state, turn ? 'running' : 'new')
    assert.equal(store.turns.open().length, turn ? 1 : 0)
  }
  const entries = store.transcript.view(clearance).entries('s', 0, 0)
  const said = entries.filter(one => one.role === 'user').length
  assert.equal(said, turn ? 1 : 0)
  assert.equal(entries.length, [0, 0, 0, 1, 3, 3, 3, 4, 4, 4][done])
}

test('a crash between any two steps leaves the message to be done or its whole reply', t => {
  const home = openTestStore(t)
  for (const [index, [, step]] of steps.entries()) {
    assertWhole(home.afterCrash(), index)
    step(home.store)
  }
  assertWhole(home.afterCrash(), steps.length)
})

for (const [index, [title, step]] of steps.entries()) {
  test(`${title}, or nothing of it happens: whatever statement fails`, t => {
    for (const table of ['inbox', 'session', 'turn', 'entry', 'outbox', 'spend']) {
      for (const act of ['INSERT', 'UPDATE']) {
        const { store, afterCrash } = openTestStore(t)
        for (const [, before] of steps.slice(0, index)) before(store)
        store.db.exec(`CREATE TRIGGER crash AFTER ${act} ON ${table} BEGIN SELECT RAISE(ABORT, 'crash'); END`)
        let failed = false
        try {
          step(store)
        } catch {
          failed = true
        }
        store.db.exec('DROP TRIGGER crash')
        assertWhole(afterCrash(), failed ? index : index + 1)
        if (failed) step(store)
        assertWhole(afterCrash(), index + 1)
      }
    }
  })
}

test('a batch is stored whole or not at all, and a repeat of a message is nothing', t => {
  const { store, afterCrash } = openTestStore(t)
  const one = messageFrom('tele', 't-alice', 'one')
  const two = messageFrom('tele', 't-alice', 'two')
  const batch = [one, two].map(inbound => ({ inbound, trace: 't' }))
  store.db.exec(
    "CREATE TRIGGER crash AFTER INSERT ON inbox WHEN NEW.id = 2 BEGIN SELECT RAISE(ABORT, 'crash'); END",
  )
  assert.throws(() => store.inbox.admit(batch, 1))
  assert.equal(afterCrash().inbox.unfinished().length, 0)
  store.db.exec('DROP TRIGGER crash')
  assert.equal(store.inbox.admit(batch, 1).length, 2)
  assert.deepEqual(store.inbox.admit(batch, 2), [])
  assert.equal(store.inbox.admit([{ inbound: { ...one, channel: 'disc' }, trace: 't' }], 3).length, 1)
})

test('a revoked turn gives its messages back', t => {
  const { store, afterCrash } = openTestStore(t)
  for (const [, step] of steps.slice(0, 4)) step(store)
  store.turns.revoke('turn', 9)
  const after = afterCrash()
  assert.equal(after.turns.get('turn')?.state, 'stopped')
  assert.deepEqual(
    after.inbox.unfinished().map(row => [row.state, row.turn]),
    [['new', null]],
  )
})

test('a part is added once, however often its reply is prepared', t => {
  const { store } = openTestStore(t)
  assert.ok(store.outbox.add({ part: part('k'), first: true }, 1))
  assert.equal(store.outbox.add({ part: part('k'), first: true }, 2), null)
})

test('an approval is spent once, and only after a yes', t => {
  const { store, afterCrash } = openTestStore(t)
  const asked = {
    turn: 'turn',
    session: 's',
    callId: 'c',
    tool: 'x',
    argsHash: 'h',
    question: '?',
    asked: 'alice',
    needs: 'full',
    createdAt: 1,
    expiresAt: 2,
  }
  const { id } = store.approvals.ask(asked)
  assert.equal(store.approvals.ask(asked).id, id)
  assert.equal(store.approvals.use(id), false)
  assert.equal(store.approvals.answer(id, 'approved', 'alice'), true)
  assert.equal(store.approvals.answer(id, 'denied', 'alice'), false)
  const after = afterCrash()
  assert.deepEqual([after.approvals.use(id), after.approvals.use(id)], [true, false])
})
