// A conversation is read page by page to its end, however much of it the reader may not see.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { viewOf } from '../../src/access/clear.ts'
import { householdOf, person } from '../access/make.ts'
import { openTestStore } from './open.ts'

test('pages are whole and in order for who covers only some of a conversation, and end where it ends', t => {
  const { store } = openTestStore(t)
  const alice = person('alice', 'full')
  const lower = viewOf(alice, 'terminal', householdOf([alice])).narrow({ reads: ['social'] })
  const session = 'direct:alice'
  store.sessions.ensure({ id: session, kind: 'direct', person: 'alice', title: null }, 1)
  const place = { session, epoch: 0, turn: null, trace: 't' }
  const say = (labels: readonly string[]) =>
    store.transcript.append(
      place,
      { role: 'user', blocks: [{ type: 'text', text: 'word' }], author: 'alice', labels, origin: 'full' },
      1,
    ).id
  const seen: number[] = []
  // Hundreds in a row that she may not see there, at the end too.
  for (let part = 0; part < 3; part++) {
    for (let count = 0; count < 7; count++) seen.push(say(['social']))
    for (let count = 0; count < 250; count++) say(['private'])
  }
  const view = store.transcript.view(lower)
  assert.equal(view.before(session, Number.MAX_SAFE_INTEGER, 1)[0]?.id, seen.at(-1))

  const back: number[] = []
  for (let before = Number.MAX_SAFE_INTEGER; ; before = back[0]!) {
    const ids = view.before(session, before, 5).map(({ id }) => id)
    back.unshift(...ids)
    if (ids.length < 5) break
  }
  assert.deepEqual(back, seen)

  const forth: number[] = []
  for (let ids = [0]; ids.length > 0; forth.push(...ids))
    ids = view.after(session, forth.at(-1) ?? 0, 5).map(({ id }) => id)
  assert.deepEqual(forth, seen)
})
