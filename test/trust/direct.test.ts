// Direct chats: a person's own stays theirs, on each channel as far as it is trusted, through reloads and demotions.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openFamily, users } from './family.ts'
import { messageFrom, textOf } from './house.ts'

const demoted = users.replace('name = "Bob"\ntrust = "full"', 'name = "Bob"\ntrust = "familiar"')
const gone = users.replace(/\[\[users\]\]\nname = "Bob"[\s\S]*?\]\n/, '')
const moved = users.replace('"tele:t-bob"', '"tele:t-bob-new"')
const bob = (text: string) => messageFrom('tele', 't-bob', text)

const files = {
  'SOUL.md': 'canary-familiar',
  'TOOLS.md': 'canary-full',
  'users/bob/USER.md': 'canary-of-bob',
  'users/alice/USER.md': 'canary-of-alice',
}

test('prompt files stand behind their trust, and a person’s own folder behind the person', async () => {
  await using home = openFamily({ files })
  const seen = async (channel: 'tele' | 'disc', sender: string) => {
    home[channel].push(messageFrom(channel, sender, 'hello'))
    await home.settled()
    return textOf(home.model.requests.at(-1)!).match(/canary-[a-z-]+/g)
  }
  assert.deepEqual(await seen('tele', 't-alice'), ['canary-familiar', 'canary-full', 'canary-of-alice'])
  assert.deepEqual(await seen('disc', 'd-alice'), ['canary-familiar'])
  assert.deepEqual(await seen('tele', 't-bob'), ['canary-familiar', 'canary-full', 'canary-of-bob'])
  assert.deepEqual(await seen('tele', 't-carol'), ['canary-familiar'])
})

test('two fully trusted people never see each other’s conversation, live or later', async () => {
  await using home = openFamily()
  home.tele.push(messageFrom('tele', 't-alice', 'canary-alice'), bob('canary-bob'))
  await home.settled()
  home.tele.push(messageFrom('tele', 't-alice', 'more'), bob('more'))
  await home.settled()
  for (const request of home.model.requests)
    assert.ok(!(textOf(request).includes('canary-alice') && textOf(request).includes('canary-bob')))
  const { control } = home.gateway
  const { principal } = control.admit({})
  assert.throws(() => control.attach(principal, { session: 'direct:bob', after: 0 }, () => {}), {
    code: 'session_missing',
  })
  await assert.rejects(control.call(principal, 'session/history', { session: 'direct:bob' }), {
    code: 'session_missing',
  })
})

test('a channel with less trust shows nothing that was said where there was more', async () => {
  await using home = openFamily()
  home.tele.push(messageFrom('tele', 't-alice', 'canary-said-in-full'))
  await home.settled()
  home.disc.push(messageFrom('disc', 'd-alice', 'canary-said-lower'))
  await home.settled()
  home.tele.push(messageFrom('tele', 't-alice', 'what did I say?'))
  await home.settled()
  const [, lower, full] = home.model.requests.map(textOf)
  assert.ok(!lower!.includes('canary-said-in-full'))
  assert.ok(full!.includes('canary-said-in-full') && full!.includes('canary-said-lower'))
})

test('a demotion hides what was said before it, and a promotion shows it again', async () => {
  await using home = openFamily()
  home.tele.push(bob('canary-before'))
  await home.settled()
  home.reload(demoted)
  home.tele.push(bob('hello'))
  await home.settled()
  assert.ok(!textOf(home.model.requests.at(-1)!).includes('canary-before'))
  home.reload(users)
  home.tele.push(bob('hello'))
  await home.settled()
  assert.ok(textOf(home.model.requests.at(-1)!).includes('canary-before'))
})

test('a reload that lowers somebody in the middle of a turn stops it, and the message is answered lower', async () => {
  await using home = openFamily({ files })
  home.model.say = request => {
    if (home.model.requests.length === 1) home.reload(demoted)
    return textOf(request)
  }
  home.tele.push(bob('a question'))
  await home.settled()
  const replies = home.reached('tele:t-bob')
  assert.equal(replies.length, 1)
  assert.ok(replies[0]!.includes('a question') && !replies[0]!.includes('canary-full'))
  assert.equal(home.store.inbox.counts().failed, undefined)
  const again = JSON.stringify(home.model.requests[1]!.messages)
  assert.equal(again.split('a question').length, 2, 'the message stands there once')
})

test('a person removed in the middle of a turn gets nothing of it', async () => {
  await using home = openFamily()
  home.model.say = () => {
    home.reload(gone)
    return 'canary-for-bob'
  }
  home.tele.push(bob('a question'))
  await home.settled()
  assert.ok(!home.tele.sent.some(one => one.text.includes('canary-for-bob')))
})

test('a reply is not sent to an identity that its person gave up', async () => {
  await using home = openFamily()
  home.model.say = () => {
    home.reload(moved)
    return 'canary-for-bob'
  }
  home.tele.push(bob('a question'))
  await home.settled()
  assert.ok(!home.reached('tele:t-bob').some(text => text.includes('canary-for-bob')))
})

test('a notice for a person goes where they are now, not where they were last met', async () => {
  await using home = openFamily()
  home.tele.push(bob('hello'))
  await home.settled()
  home.reload(moved)
  home.tele.push(messageFrom('tele', 't-mallory', 'hello'))
  await home.settled()
  assert.equal(home.reached('tele:t-bob').length, 1)
  assert.equal(home.reached('tele:t-bob-new').length, 1)
})

test('a turn that was interrupted goes on lower when its person was lowered meanwhile', async () => {
  await using home = openFamily({ files })
  const gate = Promise.withResolvers<string>()
  home.model.say = () => gate.promise
  home.tele.push(bob('a question'))
  while (home.model.requests.length === 0) await new Promise(setImmediate)
  home.model.say = request => textOf(request)
  const closing = home.restart(demoted)
  gate.resolve('canary-late')
  await closing
  await home.settled()
  const replies = home.reached('tele:t-bob')
  assert.equal(replies.length, 1)
  assert.ok(!replies[0]!.includes('canary-late') && !replies[0]!.includes('canary-full'))
})

test('a live watcher sees what their view covers at that moment, and nothing after they are lowered', async () => {
  await using home = openFamily()
  const seen: string[] = []
  const { control } = home.gateway
  const { principal } = control.admit({ user: 'bob' })
  using _ = control.attach(principal, {}, event => seen.push(JSON.stringify(event)))
  home.tele.push(bob('canary-one'))
  await home.settled()
  assert.ok(seen.join().includes('canary-one'))
  home.model.say = () => 'canary-two'
  const before = seen.length
  home.reload(demoted)
  home.reload(gone)
  home.tele.push(bob('canary-three'))
  await home.settled()
  assert.deepEqual(seen.slice(before), [])
})

test('a changed identity gets nothing of its person’s until it is confirmed, nor becomes where they are reached', async () => {
  await using home = openFamily({ files })
  home.tele.push(bob('canary-real'))
  await home.settled()
  home.tele.push(messageFrom('tele', 't-bob', 'who am I?', { unverified: true }))
  await home.settled()
  const last = textOf(home.model.requests.at(-1)!)
  assert.ok(!/canary/.test(last))
  assert.deepEqual(home.model.requests.at(-1)!.tools, [])
})

test('the list of steps of a trusted channel is not on a less trusted one', async () => {
  await using home = openFamily()
  home.model.say = request =>
    textOf(request).includes('tool_result')
      ? 'done'
      : [{ type: 'tool_call', id: 'c1', name: 'todo', input: { items: [{ text: 'canary-step' }] } }]
  home.tele.push(messageFrom('tele', 't-alice', 'write it down'))
  await home.settled()
  home.model.say = request =>
    textOf(request).includes('tool_result')
      ? textOf(request)
      : [{ type: 'tool_call', id: 'c2', name: 'todo', input: {} }]
  home.disc.push(messageFrom('disc', 'd-alice', 'show it'))
  await home.settled()
  assert.ok(!home.reached('disc:d-alice').join().includes('canary-step'))
})
