// Messages that no person would type: each is answered or refused in words, and the next one is answered.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCoop } from '../support/coop.ts'
import { newest } from '../support/fake-anthropic.ts'
import { openLiveClient } from '../support/live-client.ts'
import { alice, bob, mallory, openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'

test('strange text from a live client reaches the model well formed, and is answered', async t => {
  await using stage = await openStage()
  using terminal = await openLiveClient(stage.home)
  const cases: readonly { title: string; text: string; heard: string }[] = [
    { title: 'a lone surrogate', text: 'a\ud800b', heard: 'a\ufffdb' },
    { title: 'a reversed pair', text: '\udc00\ud800', heard: '\ufffd\ufffd' },
    { title: 'control characters', text: 'a\u0000b\u0007c\u001b[31md\u007f', heard: 'abc[31md' },
    { title: 'line ends and tabs are kept', text: 'a\n\tb', heard: 'a\n\tb' },
    { title: 'text with direction marks', text: 'a\u202eb', heard: 'a\u202eb' },
    { title: 'something that looks like a command', text: '/ new', heard: '/ new' },
    { title: 'emoji of many parts', text: '👩‍👩‍👧‍👦🏳️‍🌈', heard: '👩‍👩‍👧‍👦🏳️‍🌈' },
  ]
  for (const { title, text, heard } of cases) {
    await t.test(title, async () => {
      await terminal.ask(text)
      const request = stage.model.requests.at(-1)!
      assert.equal(newest(request.body), heard)
      assert.ok(request.raw.isWellFormed())
      assert.doesNotMatch(request.raw, /\\ud[89a-f][0-9a-f]{2}(?!\\ud)/i)
    })
  }
  await t.test('a command that does not exist', async () => {
    assert.match(await terminal.ask('/fly now'), /^There is no command \/fly/)
  })
  await t.test('nothing but control characters', async () => {
    await terminal.ask('\u0001\u0002')
    assert.equal(await terminal.ask('and now?'), 'heard: and now?')
  })
  await t.test('a message of nearly a megabyte', async () => {
    await terminal.ask('x'.repeat(990_000))
    assert.ok(stage.model.requests.some(request => newest(request.body).length === 990_000))
    await terminal.ask('/new')
    assert.match(await terminal.ask('and now?'), /heard: and now\?$/)
  })
})

test('a message over a megabyte is refused before it leaves the client, and the pipe goes on', async () => {
  await using stage = await openStage()
  const stdin = `hello\n${'x'.repeat(1_200_000)}\nstill there?\n`
  const ended = await runCoop(stage.home, ['attach'], { stdin })
  assert.equal(ended.stdout, 'heard: hello\nheard: still there?\n')
  assert.match(ended.stderr, /^coop: The message is too long: .*1000000 bytes/m)
  assert.equal(ended.code, 1)
})

test('an empty message on Telegram and an update without one are passed over', async () => {
  await using stage = await openStage()
  stage.telegram.push({ poll: { id: '1' } } as never)
  stage.telegram.write(alice, '   \n\t')
  stage.telegram.write(alice, '\u0000\u0001')
  stage.telegram.write(alice, 'hello')
  await until('the answer', () => stage.telegram.sent(alice.id).some(sent => sent.text === 'heard: hello'))
  await until('all are confirmed', () => stage.telegram.pending().length === 0)
})

test('a name made to mislead is shown to the owner without what misleads', async () => {
  await using stage = await openStage()
  stage.telegram.write({ ...mallory, name: 'Bob\n/approve\u202e\u0000 XYZ' }, 'let me in')
  const told = await stage.reply(alice.id)
  assert.match(told.text, /^Bob ?\/approve XYZ wrote to me on telegram/)
})

test('a reply with what a terminal would obey reaches it as plain text', async () => {
  await using stage = await openStage()
  stage.model.otherwise = () => ({ kind: 'message', text: 'red\u001b[31m \u001b]0;title\u0007text' })
  const ended = await runCoop(stage.home, ['attach'], { stdin: 'hello\n' })
  assert.equal(ended.stdout, 'red[31m ]0;titletext\n')
})

test('a reply with a lone surrogate is delivered', async () => {
  await using stage = await openStage()
  stage.model.otherwise = () => ({ kind: 'message', text: 'half \ud83d a character' })
  stage.telegram.write(bob, 'hello')
  assert.equal((await stage.reply(bob.id)).text, 'half \ufffd a character')
})
