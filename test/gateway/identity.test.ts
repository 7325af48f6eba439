// A changed identity: told to an owner, answered as a stranger, and theirs again on the owner's word.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeChannel, fakeModel, messageFrom, openHouse } from '../trust/house.ts'

const toml = `
[[users]]
name = "Alice"
trust = "full"
match = ["sig:alice"]

[[users]]
name = "Bob"
trust = "inner"
match = ["sig:bob"]
`

test('an owner confirms a changed identity, by the command that they were told', async () => {
  const confirmed: string[] = []
  const sig = Object.assign(fakeChannel('sig'), {
    unverified: () => [{ id: 'bob', name: 'Bob', since: 1 }],
    confirm: (id: string) => confirmed.push(id) > 0,
  })
  const model = fakeModel()
  await using home = openHouse({ toml, channels: [sig], model })
  sig.push(messageFrom('sig', 'bob', 'hello', { unverified: true }))
  await home.settled()
  const told = sig.sent.find(outbound => outbound.place.id === 'alice')?.text ?? ''
  assert.match(told, /identity of Bob has changed.*\/confirm sig:bob/)
  sig.push(messageFrom('sig', 'alice', '/confirm sig:bob'))
  await home.settled()
  assert.deepEqual(confirmed, ['bob'])
  assert.match(sig.sent.at(-1)?.text ?? '', /trusted as before/)
})

test('nobody below full confirms an identity', async () => {
  const confirmed: string[] = []
  const sig = Object.assign(fakeChannel('sig'), { confirm: (id: string) => confirmed.push(id) > 0 })
  await using home = openHouse({ toml, channels: [sig], model: fakeModel() })
  sig.push(messageFrom('sig', 'bob', '/confirm sig:bob'))
  await home.settled()
  assert.deepEqual(confirmed, [])
})
