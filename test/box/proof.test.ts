// The proof of a box on a machine that is slow: tried again, and in the end given up.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Weaken } from '../../src/box/bwrap-runtime.ts'
import { boxTests, openRig } from './rig.ts'

/** A rig whose first proofs have a thousandth of a second. */
function hurried(late: number) {
  let tries = 0
  const limits: Weaken['limits'] = spec =>
    ++tries > late ? spec : { ...spec, limits: { ...spec.limits, wallMs: 1 } }
  return { rig: openRig({ weaken: { limits } }), tries: () => tries }
}

describe('the proof of a box', boxTests, () => {
  test('is tried again where time ran out, so that the first turn has its tools', async () => {
    const { rig, tries } = hurried(1)
    using _ = rig
    const { walls } = await rig.boxes.proof(rig.signal)
    assert.ok(walls.includes('files'))
    assert.equal(tries(), 2)
    assert.ok(rig.boxes.offers(rig.direct('bob')))
  })

  test('is given up after three tries without an answer, and no box is offered', async () => {
    const { rig, tries } = hurried(Number.POSITIVE_INFINITY)
    using _ = rig
    const { walls, problems } = await rig.boxes.proof(rig.signal)
    assert.deepEqual([walls, tries()], [[], 3])
    assert.match(problems.join(), /did not finish its proof/)
    assert.equal(rig.boxes.offers(rig.direct('bob')), null)
  })
})
