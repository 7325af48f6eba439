// A failed turn is explained by the agent itself, from its trace, to who is fully trusted.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
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

test('“why didn’t you reply?” is answered from the trace of the turn that failed: what was tried, and what came of it', async () => {
  await using stage = await openStage({ toml: '[models]\nfallback = []\n' })
  stage.model.next(refuse(529), refuse(500, 'internal fault'), refuse(529))
  stage.telegram.write(alice, 'what is for dinner?')
  assert.match((await stage.reply(alice.id)).text, /^The provider cannot answer just now/)
  stage.model.otherwise = ({ body }) => {
    const got = resultsIn(body)[0]
    return got ? say(got.text) : use('coop', { action: 'trace', find: 'telegram:1001' })
  }
  stage.telegram.write(alice, 'Why didn’t you reply?')
  const { text } = await stage.reply(alice.id, 2)
  const failed = text.split('\n\n').find(trace => /outcome=failed/.test(trace))
  assert.match(failed ?? '', /message \d+ ms channel=telegram .*route=turn person=alice acts=full/)
  assert.match(failed ?? '', /turn \d+ ms .*model=anthropic\/claude-opus-4-6 outcome=failed {2}failed: /)
  assert.match(
    failed ?? '',
    /model \d+ ms .*kind=overloaded tried=.*overloaded_error; .*internal fault; .*overloaded_error/,
  )
  assert.match(failed ?? '', /delivery \d+ ms /)
})

test('what a failed call quoted of somebody’s own conversation is nobody else’s to read, nor in the trace at all', async () => {
  await using stage = await openStage()
  stage.model.next(
    use('schedule', { action: 'create', kind: 'reminder', text: 'x', when: 'on the day of the surprise' }),
  )
  stage.model.otherwise = ({ body }) => say(resultsIn(body)[0]?.text ?? 'nothing')
  stage.telegram.write(bob, 'remind me of the party')
  assert.match((await stage.reply(bob.id)).text, /surprise/, 'Bob himself reads why')
  stage.model.otherwise = ({ body }) => {
    const got = resultsIn(body)[0]
    return got ? say(got.text) : use('coop', { action: 'trace', find: 'telegram:1002' })
  }
  stage.telegram.write(alice, 'Why did that fail for Bob?')
  const { text } = await stage.reply(alice.id)
  assert.match(text, /tool \d+ ms tool=schedule {2}failed: the call failed/)
  assert.doesNotMatch(text, /surprise|party/)
  assert.doesNotMatch(readFileSync(join(stage.home.dir, 'traces', 'trace.jsonl'), 'utf8'), /surprise|party/)
})
