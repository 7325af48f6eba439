// What is said at a tool step goes out at once where a channel wants it, and nowhere else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeChannel, fakeModel, messageFrom, openHouse } from '../trust/house.ts'

const toml = `
[[users]]
name = "Alice"
trust = "full"
match = ["sig:alice", "tele:alice"]
`

const answer = () =>
  fakeModel(request =>
    request.messages.at(-1)!.blocks.some(block => block.type === 'tool_result')
      ? 'All done.'
      : [
          { type: 'text', text: 'Let me look.' },
          { type: 'tool_call', id: 'c1', name: 'todo', input: {} },
        ],
  )

test('a channel that wants steps gets them before the reply, in order', async () => {
  const sig = fakeChannel('sig', { steps: true })
  await using home = openHouse({ toml, channels: [sig], model: answer() })
  sig.push(messageFrom('sig', 'alice', 'go'))
  await home.settled()
  assert.deepEqual(
    sig.sent.map(outbound => outbound.text),
    ['Let me look.', 'All done.'],
  )
})

test('another channel gets the reply alone', async () => {
  const tele = fakeChannel('tele')
  await using home = openHouse({ toml, channels: [tele], model: answer() })
  tele.push(messageFrom('tele', 'alice', 'go'))
  await home.settled()
  assert.deepEqual(
    tele.sent.map(outbound => outbound.text),
    ['All done.'],
  )
})
