// Who listens: asked anew for what arrives, once for what arrived together.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openGatekeeper } from '../../../src/gateway/doors/gatekeeper.ts'
import { group, householdOf, person } from '../../access/make.ts'
import { fakeChannel, messageFrom } from '../../trust/house.ts'

function open() {
  const tele = fakeChannel('tele')
  let asks = 0
  const channel = {
    ...tele,
    members: async () => {
      asks++
      return { kind: 'list', ids: ['t-alice'] } as const
    },
  }
  const household = householdOf([person('alice', 'full')], [group({ ceiling: 'full' })])
  const gatekeeper = openGatekeeper(
    () => household,
    () => channel,
  )
  return { gatekeeper, asks: () => asks }
}

test('what arrived together is cleared by one look at who listens, and what arrives later by a new one', async () => {
  const { gatekeeper, asks } = open()
  const said = messageFrom('tele', 't-alice', 'hello', { group: 'g' })
  const arrived = gatekeeper.moment()
  for (let n = 0; n < 100; n++) await gatekeeper.clear(said, arrived)
  assert.equal(asks(), 1)
  await gatekeeper.clear(said, gatekeeper.moment())
  assert.equal(asks(), 2)
  await gatekeeper.clear(said)
  assert.equal(asks(), 3)
  // Asked for the later one, it is no older for the earlier.
  await gatekeeper.clear(said, arrived)
  assert.equal(asks(), 3)
})

test('before anything leaves, who listens is asked anew every time', async () => {
  const { gatekeeper, asks } = open()
  const { clearance } = await gatekeeper.clear(messageFrom('tele', 't-alice', 'hello', { group: 'g' }))
  for (let n = 0; n < 3; n++) await gatekeeper.reissue(clearance.grant())
  assert.equal(asks(), 4)
})
