// Consent and what it lets out: bound to one call's arguments, to one person, to one use.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Block } from '../../src/store/entry.ts'
import type { Posting } from '../../src/store/post.ts'
import { openFamily, users } from './family.ts'
import { fakeChannel, fakeModel, messageFrom, openHouse, textOf } from './house.ts'

const call = (to: string, text: string): Block[] => [
  { type: 'tool_call', id: 'c1', name: 'message', input: { to, text } },
]
const alice = (text: string, channel: 'tele' | 'disc' = 'tele') =>
  messageFrom(channel, `${channel[0]}-alice`, text)
const codeIn = (text: string) => /\/approve ([A-Z2-9]{6})/.exec(text)![1]!

/** Alice has asked that Carol be told something; the question is out. */
async function asked(text = 'dinner at eight', options: { toml?: string; now?: () => number } = {}) {
  const home = openFamily({
    ...options,
    say: request => (textOf(request).includes('tool_result') ? 'Done as you said.' : call('Carol', text)),
  })
  home.tele.push(alice('canary-secret: tell Carol'))
  await home.settled()
  return { home, code: codeIn(home.reached('tele:t-alice').at(-1)!) }
}

test('the person who asks is shown the exact text, and nothing leaves before the yes', async () => {
  const { home } = await asked()
  await using _ = home
  assert.match(home.reached('tele:t-alice')[0]!, /^Send this to Carol\?\n\ndinner at eight\n\nAnswer/)
  assert.deepEqual(home.reached('tele:t-carol'), [])
})

test('the other person gets only the approved text, once, and the release is recorded', async () => {
  const { home, code } = await asked()
  await using _ = home
  home.tele.push(alice(`/approve ${code}`), alice(`/approve ${code}`))
  await home.settled()
  assert.deepEqual(home.reached('tele:t-carol'), ['Alice says: dinner at eight'])
  const releases = home.store.db.prepare('SELECT by_person, to_person, from_labels FROM release').all()
  assert.deepEqual(releases, [
    {
      by_person: 'alice',
      to_person: 'carol',
      from_labels: JSON.stringify(['personal:alice', 'private', 'shared', 'social']),
    },
  ])
  home.tele.push(messageFrom('tele', 't-carol', 'what did she say?'))
  await home.settled()
  const seen = textOf(home.model.requests.at(-1)!)
  assert.ok(seen.includes('dinner at eight') && !seen.includes('canary-secret'))
})

test('a clock that is set back keeps no question open for longer than a day from now', async () => {
  let now = Date.now()
  const { home, code } = await asked('dinner at eight', { now: () => now })
  await using _ = home
  now -= 7 * 24 * 3_600_000
  await home.restart()
  now += 25 * 3_600_000
  home.tele.push(alice(`/approve ${code}`))
  await home.settled()
  assert.equal(home.store.approvals.get(code)?.state, 'expired')
  assert.deepEqual(home.reached('tele:t-carol'), [])
})

test('a yes survives a restart, and so does the turn that waits for it', async () => {
  const { home, code } = await asked()
  await using _ = home
  await home.restart()
  home.tele.push(alice(`/approve ${code}`))
  await home.settled()
  assert.deepEqual(home.reached('tele:t-carol'), ['Alice says: dinner at eight'])
  assert.equal(home.reached('tele:t-alice').at(-1), 'Done as you said.')
})

test('a no, somebody else’s yes and a made-up code let nothing out', async () => {
  const { home, code } = await asked()
  await using _ = home
  home.tele.push(
    messageFrom('tele', 't-bob', `/approve ${code}`),
    messageFrom('tele', 't-carol', `/approve ${code}`),
  )
  home.tele.push(messageFrom('tele', 't-mallory', `/approve ${code}`), alice('/approve AAAAAA'))
  await home.settled()
  assert.equal(home.store.approvals.get(code)?.state, 'open')
  home.tele.push(alice(`/deny ${code}`))
  await home.settled()
  home.tele.push(alice(`/approve ${code}`))
  await home.settled()
  assert.ok(!home.reached('tele:t-carol').join().includes('dinner'))
})

test('a channel where the asker is capped is neither asked nor heard', async () => {
  const { home, code } = await asked()
  await using _ = home
  home.disc.push(alice(`/approve ${code}`, 'disc'), alice('/approve', 'disc'))
  await home.settled()
  assert.equal(home.store.approvals.get(code)?.state, 'open')
  assert.ok(!home.reached('disc:d-alice').join().includes('dinner'))
})

test('a question goes past the place last met if that may not read it', async () => {
  const home = openFamily({ say: () => 'hello' })
  await using _ = home
  home.disc.push(alice('hello', 'disc'))
  await home.settled()
  home.model.say = () => call('Carol', 'canary-question')
  home.tele.push(alice('tell Carol'))
  await home.settled()
  assert.ok(home.reached('tele:t-alice').join().includes('canary-question'))
  assert.ok(!home.reached('disc:d-alice').join().includes('canary-question'))
})

test('unanswered in time is no, even at the moment of a late yes', async () => {
  let now = Date.now()
  const { home, code } = await asked('dinner', { now: () => now })
  await using _ = home
  now += 25 * 3_600_000
  home.tele.push(alice(`/approve ${code}`))
  await home.settled()
  assert.equal(home.store.approvals.get(code)?.state, 'expired')
  assert.deepEqual(home.reached('tele:t-carol'), [])
})

test('an approval is bound to the arguments: other ones under the same call are refused', async () => {
  const { home, code } = await asked()
  await using _ = home
  home.store.db
    .prepare("UPDATE entry SET body = replace(body, 'dinner at eight', 'canary') WHERE role = 'assistant'")
    .run()
  home.tele.push(alice(`/approve ${code}`))
  await home.settled()
  assert.deepEqual(home.reached('tele:t-carol'), [])
})

test('a yes counts for nothing once its person was lowered', async () => {
  const { home, code } = await asked()
  await using _ = home
  home.reload(users.replace('name = "Alice"\ntrust = "full"', 'name = "Alice"\ntrust = "familiar"'))
  home.tele.push(alice(`/approve ${code}`))
  await home.settled()
  assert.deepEqual(home.reached('tele:t-carol'), [])
})

test('a tool above the speaker is not in the request, and calling it anyway is an error', async () => {
  const home = openFamily({
    say: request => (textOf(request).includes('tool_result') ? 'I could not.' : call('Alice', 'hi')),
  })
  await using _ = home
  home.tele.push(messageFrom('tele', 't-carol', 'tell Alice hi'))
  await home.settled()
  assert.ok(home.model.requests.every(request => request.tools.every(tool => tool.name !== 'message')))
  assert.ok(textOf(home.model.requests[1]!).includes('There is no tool \\"message\\" here'))
  assert.deepEqual(home.reached('tele:t-alice'), [])
})

test('a question whose telling was cut off is asked again, instead of waiting for nobody', async () => {
  const tele = fakeChannel('tele')
  let cut = false
  await using house = openHouse({
    toml: users,
    channels: [tele],
    model: fakeModel(() => call('Carol', 'dinner at eight')),
    watch: store => ({
      ...store,
      post: Object.assign((posting: Posting, now: number) => {
        const question = posting.parts.some(({ part }) => part.outbound.key.startsWith('approval:'))
        if (!question || cut) return store.post(posting, now)
        cut = true
        throw Object.assign(new Error('the disk is full'), { code: 'SQLITE_FULL' })
      }, store.post),
    }),
  })
  tele.push(messageFrom('tele', 't-carol', 'hello'))
  await house.settled()
  tele.push(alice('tell Carol'))
  const end = Date.now() + 15_000
  const asked = () => tele.sent.find(({ text }) => text.startsWith('Send this to Carol?'))
  while (!asked() && Date.now() < end) await new Promise(resolve => setTimeout(resolve, 20))
  assert.ok(cut)
  assert.match(asked()?.text ?? '', /Answer \/approve/)
})
