// Every kind of update that Telegram brings, read as it is meant; broken ones stop nothing.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Update } from 'grammy/types'
import { inboundOf } from '../../../channels/telegram/inbound.ts'
import { until } from '../../support/until.ts'
import { ready } from '../contract.ts'
import { listen } from '../listener.ts'
import { maimed } from '../maimed.ts'
import { alice, openTelegramRig } from './rig.ts'

interface Case {
  readonly case: string
  readonly update: Update
  /** What must be in the message that it becomes; null where nobody said anything. */
  readonly inbound: object | null
}

const self = { id: 42, username: 'coop_bot' }
const folder = join(import.meta.dirname, 'payloads')
const cases = readdirSync(folder).flatMap(file =>
  (JSON.parse(readFileSync(join(folder, file), 'utf8')) as Case[]).map(one => ({ ...one, file })),
)

for (const file of new Set(cases.map(one => one.file)))
  test(`inbound reads each update of ${file} as it is meant`, () => {
    for (const one of cases.filter(each => each.file === file)) {
      const inbound = inboundOf(one.update, self)
      if (one.inbound === null) assert.equal(inbound, undefined, one.case)
      else assert.partialDeepStrictEqual(inbound, one.inbound, one.case)
      assert.deepEqual(inboundOf(structuredClone(one.update), self)?.externalId, inbound?.externalId)
    }
  })

test('updates that are maimed, doubled and in any order stop nothing that comes after them', async () => {
  await using rig = await openTelegramRig()
  await using channel = await rig.channel()
  await using listener = listen(channel)
  await ready(channel)
  const broken = fc.sample(maimed(cases.map(({ update }) => update)), { numRuns: 400, seed: 7 })
  for (const update of [
    ...broken,
    ...cases.map(one => one.update).toReversed(),
    ...cases.map(one => one.update),
  ])
    rig.telegram.push(update)
  rig.telegram.write(alice, 'the last of them')
  await until('the last', () => listener.stored.some(({ text }) => text === 'the last of them'))
  // And none is asked for for ever.
  rig.telegram.write(alice, 'one more')
  await until('all are confirmed', () =>
    rig.telegram.pending().every(({ message }) => message?.text === 'one more'),
  )
  for (const message of listener.stored) {
    assert.equal(typeof message.text, 'string')
    assert.match(message.externalId, /\d/)
    assert.notEqual(message.place.id, '')
  }
})
