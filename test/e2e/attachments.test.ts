// A picture named by a live client reaches the model, and one that cannot be read is said to be missing.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { connectClient } from '../../src/protocol/client.ts'
import { openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'

test('a picture that a live client names is shown to the model, a missing one is named', async () => {
  await using stage = await openStage()
  const path = join(stage.home.dir, 'dot.png')
  writeFileSync(path, Buffer.from('89504e470d0a1a0a', 'hex'))
  using client = await connectClient(stage.home.socket, () => {})
  const { session } = await client.call('initialize', { protocol: 1, client: 'test' })
  const attachments = [
    { name: 'dot.png', mime: 'image/png', path },
    { name: 'gone.png', mime: 'image/png', path: `${path}.gone` },
  ]
  await client.call('session/send', { session, text: 'what is this?', id: 'a', attachments })
  const request = await until('a request', () => stage.model.requests[0])
  const sent = JSON.stringify(request.body.messages)
  assert.match(sent, /"media_type":"image\/png"/)
  assert.match(sent, /gone\.png, which could not be had/)
})
