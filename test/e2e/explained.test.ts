// A failed turn is explained by the agent itself, from its trace, to who is fully trusted.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuse, resultsIn, say, use } from '../support/fake-anthropic.ts'
import { alice, bob, openStage } from '../support/stage.ts'

test('the agent reads in the trace why somebody got no answer, and nobody below full trust does', async () => {
  await using stage = await openStage()
  stage.model.next(refuse(400, 'messages.7: image exceeds 5 MB'))
  stage.telegram.write(bob, 'the holiday pictures')
  assert.match((await stage.reply(bob.id)).text, /^The provider refused this request/)
  stage.model.otherwise = ({ body }) => {
    const got = resultsIn(body)[0]
    return got ? say(`${got.isError} ${got.text}`) : use('coop', { action: 'trace', find: 'telegram:1002' })
  }
  stage.telegram.write(alice, 'Why did Bob get no answer?')
  const { text } = await stage.reply(alice.id)
  assert.match(text, /^false trace [0-9a-f]{32}/)
  assert.match(
    text,
    /message \d+ ms channel=telegram sender=telegram:1002 .*route=turn person=bob acts=inner/,
  )
  assert.match(text, /turn \d+ ms .*outcome=failed {2}failed: messages\.7: image exceeds 5 MB/)
  assert.match(text, /model \d+ ms model=claude-opus-4-6|model \d+ ms model=anthropic\/claude-opus-4-6/)
  assert.doesNotMatch(text, /holiday pictures/)
  stage.telegram.write(bob, 'why?')
  assert.match((await stage.reply(bob.id, 2)).text, /^true That is for fully trusted people/)
})
