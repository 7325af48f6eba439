// What is kept of a session between turns is always what the database holds.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { clear } from '../../src/access/clear.ts'
import { migrationsFolder } from '../../src/package.ts'
import { openDatabase } from '../../src/store/database.ts'
import { openStore } from '../../src/store/store.ts'
import { householdOf, person } from '../access/make.ts'
import { openTestStore } from './open.ts'

const household = householdOf([person('alice', 'full'), person('bob', 'familiar')])
const seenBy = (id: 'alice' | 'bob') =>
  clear(
    { kind: 'person', person: household.people.get(id)! },
    { channel: 'tele', kind: 'direct', id: `t-${id}` },
    { kind: 'list', ids: [] },
    household,
  )

const step = fc.oneof(
  fc.record({
    kind: fc.constant('append' as const),
    session: fc.constantFrom('s', 's', 's', 'other'),
    epoch: fc.constantFrom(0, 0, 0, 1),
    labels: fc.constantFrom(['social'], ['private', 'shared', 'social'], ['personal:alice']),
  }),
  fc.record({ kind: fc.constant('undo' as const), turn: fc.nat(8) }),
  fc.record({ kind: fc.constant('result' as const), entry: fc.nat(12) }),
  fc.record({ kind: fc.constant('erase' as const), entry: fc.nat(12) }),
  fc.record({ kind: fc.constant('abandoned' as const) }),
  fc.record({ kind: fc.constant('elsewhere' as const), entry: fc.nat(12) }),
  fc.record({
    kind: fc.constant('read' as const),
    reader: fc.constantFrom('alice' as const, 'alice' as const, 'bob' as const),
    session: fc.constantFrom('s', 's', 's', 'other'),
    epoch: fc.constantFrom(0, 0, 0, 1),
    from: fc.constantFrom(0, 0, 5),
  }),
)

test('whatever happens to a session, from this process or another, a reader gets what is stored', t => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 120, size: 'max' }), steps => {
      const { store, path } = openTestStore(t)
      const place = (session: string, epoch: number, turn: number) => ({
        session,
        epoch,
        turn: `turn-${turn}`,
        trace: 't',
      })
      let written = 0
      const append = (session: string, epoch: number, labels: readonly string[]) =>
        store.transcript.append(
          place(session, epoch, written % 8),
          {
            role: 'user',
            blocks: [{ type: 'text', text: `${written++}` }],
            author: null,
            labels,
            origin: 'full',
          },
          written,
        )
      const other = openDatabase({ path, migrations: migrationsFolder('coop') })
      try {
        for (const one of steps) {
          if (one.kind === 'append') append(one.session, one.epoch, one.labels)
          else if (one.kind === 'undo') store.transcript.undoTurn(`turn-${one.turn}`)
          else if (one.kind === 'result')
            store.transcript.setResult(one.entry, 'done', [{ type: 'text', text: 'changed' }], 'agent')
          else if (one.kind === 'erase') store.db.prepare('DELETE FROM entry WHERE id = ?').run(one.entry)
          else if (one.kind === 'elsewhere')
            other.prepare("UPDATE entry SET body = '[]' WHERE id = ?").run(one.entry)
          else if (one.kind === 'abandoned')
            assert.throws(() =>
              store.together(() => {
                append('s', 0, ['social'])
                store.transcript.view(seenBy('alice')).entries('s', 0, 0)
                throw new Error('abandoned')
              }),
            )
          else {
            using fresh = openStore(path, migrationsFolder('coop'))
            assert.deepEqual(
              store.transcript.view(seenBy(one.reader)).entries(one.session, one.epoch, one.from),
              fresh.transcript.view(seenBy(one.reader)).entries(one.session, one.epoch, one.from),
            )
          }
        }
      } finally {
        other.close()
      }
    }),
    { numRuns: 40 },
  )
})
