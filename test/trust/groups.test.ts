// Groups: who listens decides what is there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SendResult } from '../../src/channel.ts'
import { openFamily, users } from './family.ts'
import { messageFrom, textOf } from './house.ts'

const group = (more = '') => `${users}
[[groups]]
match = "disc:den"
members = ["Alice"]
${more}`
const inDen = { group: 'den', title: 'The den' }
const bob = (text: string) => messageFrom('tele', 't-bob', text)
const listed = (...ids: string[]) => ({ kind: 'list', ids }) as const

test('a group that is not listed is ignored, and the owners are told once, with what to write', async () => {
  await using home = openFamily()
  home.disc.push(messageFrom('disc', 'd-alice', 'hello', inDen))
  home.disc.push(messageFrom('disc', 'd-mallory', 'hello?', inDen))
  await home.settled()
  assert.equal(home.model.requests.length, 0)
  assert.deepEqual(home.reached('disc:den'), [])
  const told = home.reached('tele:t-bob')
  assert.equal(told.length, 1)
  assert.match(told[0]!, /match = "disc:den"/)
})

test('a reply is held back when a stranger joined while it was written, and the owners are told', async () => {
  await using home = openFamily({ toml: group() })
  home.disc.membership.set('den', listed('d-alice'))
  home.model.say = () => {
    home.disc.membership.set('den', listed('d-alice', 'd-mallory'))
    return 'what only Alice may read'
  }
  home.disc.push(messageFrom('disc', 'd-alice', 'a question', inDen))
  await home.settled()
  assert.deepEqual(home.reached('disc:den'), [])
  assert.equal(home.model.requests.length, 1)
  assert.match(home.reached('tele:t-bob').join(), /The den was held back/)
  home.model.say = request => textOf(request)
  home.disc.push(messageFrom('disc', 'd-alice', 'another question', inDen))
  await home.settled()
  const [reply] = home.reached('disc:den')
  assert.ok(reply && !reply.includes('a question') && !reply.includes('only Alice'))
})

test('a reply that waits to be sent again is refused once a stranger reads there, and the owners are told', async () => {
  await using home = openFamily({ toml: group() })
  home.disc.membership.set('den', listed('d-alice'))
  const results: SendResult[] = [{ kind: 'retry', reason: 'busy', afterMs: 30 }]
  home.disc.answer = () => {
    home.disc.membership.set('den', listed('d-alice', 'd-mallory'))
    return results.shift() ?? { kind: 'sent' }
  }
  home.disc.push(messageFrom('disc', 'd-alice', 'a question', inDen))
  await home.settled()
  while (home.store.outbox.open().length > 0) await new Promise(resolve => setTimeout(resolve, 5))
  await home.settled()
  assert.deepEqual(home.reached('disc:den'), [])
  assert.match(home.reached('tele:t-bob').join(), /could not be delivered/)
})

test('a message that waited while a stranger joined is held back too', async () => {
  await using home = openFamily({ toml: group() })
  home.disc.membership.set('den', listed('d-alice'))
  const gate = Promise.withResolvers<void>()
  home.model.say = async () => {
    await gate.promise
    return 'done'
  }
  home.disc.push(messageFrom('disc', 'd-alice', 'first', inDen))
  while (home.model.requests.length === 0) await new Promise(setImmediate)
  home.disc.push(messageFrom('disc', 'd-alice', 'second, for Alice alone', inDen))
  await new Promise(resolve => setTimeout(resolve, 1_050))
  home.disc.membership.set('den', listed('d-alice', 'd-mallory'))
  gate.resolve()
  await home.settled()
  assert.deepEqual(home.reached('disc:den'), [])
  assert.ok(!home.model.requests.some(request => textOf(request).includes('second, for Alice alone')))
})

test('a reaction to what was said before a stranger joined, and taking it back, bring none of its words back', async () => {
  await using home = openFamily({ toml: group() })
  let sent = 0
  home.disc.answer = () => ({ kind: 'sent', externalId: `own${++sent}` })
  home.disc.membership.set('den', listed('d-alice'))
  home.model.say = () => 'the spare key lies under the third stone'
  const question = messageFrom('disc', 'd-alice', 'where is the spare key of the blue door?', inDen)
  const aside = messageFrom('disc', 'd-alice', 'the alarm is 4711', { ...inDen, addressed: false })
  home.disc.push(question, aside)
  await home.settled()
  home.disc.membership.set('den', listed('d-alice', 'd-mallory'))
  const about = (more: object) => ({ ...messageFrom('disc', 'd-alice', '', inDen), ...more })
  home.disc.push(about({ reaction: { to: 'own1', emoji: '🎉' } }))
  home.disc.push(about({ revises: { externalId: aside.externalId, deleted: true } }))
  await home.settled()
  home.disc.push(messageFrom('disc', 'd-alice', 'hello again', inDen))
  await home.settled()
  const request = textOf(home.model.requests.at(-1)!)
  assert.ok(!/third stone|4711|blue door/.test(request), request)
  assert.match(request, /\[reacted with 🎉 to an earlier message\]/)
  assert.match(request, /\[took back an earlier message\]/)
})

test('what was said before a stranger joined is there again when they are gone', async () => {
  await using home = openFamily({ toml: group() })
  const say = async (text: string, ...ids: string[]) => {
    home.disc.membership.set('den', listed(...ids))
    home.disc.push(messageFrom('disc', 'd-alice', text, inDen))
    await home.settled()
    return textOf(home.model.requests.at(-1)!)
  }
  await say('the plan is tulips', 'd-alice')
  assert.ok(!(await say('and now?', 'd-alice', 'd-mallory')).includes('tulips'))
  assert.ok((await say('and now?', 'd-alice')).includes('tulips'))
})

test('the ceiling holds even among fully trusted people', async () => {
  const toml = `${users}
[[groups]]
match = "tele:den"
members = ["Alice", "Bob"]
`
  await using home = openFamily({ toml, files: { 'TOOLS.md': 'canary-private', 'SOUL.md': 'canary-social' } })
  home.tele.membership.set('den', { kind: 'count', count: 2 })
  home.tele.push(messageFrom('tele', 't-bob', 'hello', inDen))
  await home.settled()
  const seen = textOf(home.model.requests[0]!)
  assert.ok(seen.includes('canary-social') && !seen.includes('canary-private'))
  assert.ok(!home.model.requests[0]!.tools.some(tool => tool.name === 'message'))
})

test('a group’s words are not in a direct chat and a direct chat’s are not in the group', async () => {
  await using home = openFamily({ toml: group() })
  home.disc.membership.set('den', listed('d-alice'))
  home.disc.push(messageFrom('disc', 'd-alice', 'canary-group', inDen))
  home.tele.push(messageFrom('tele', 't-alice', 'canary-direct'))
  await home.settled()
  home.disc.push(messageFrom('disc', 'd-alice', 'again', inDen))
  home.tele.push(messageFrom('tele', 't-alice', 'again'))
  await home.settled()
  for (const request of home.model.requests)
    assert.ok(!(textOf(request).includes('canary-group') && textOf(request).includes('canary-direct')))
})

test('a reload that lowers the ceiling in the middle of a turn stops it before its next step', async () => {
  await using home = openFamily({ toml: group('ceiling = "familiar"') })
  home.disc.membership.set('den', listed('d-alice'))
  home.model.say = () => {
    home.reload(group('ceiling = "public"'))
    return [{ type: 'tool_call', id: 'c1', name: 'todo', input: {} }]
  }
  home.disc.push(messageFrom('disc', 'd-alice', 'a question', inDen))
  await home.settled()
  assert.equal(home.model.requests.length, 1)
  assert.deepEqual(home.reached('disc:den'), [])
})

test('the status is not read out in a group where somebody may not read it', async () => {
  const toml = `${users}
[[groups]]
match = "tele:den"
members = ["Bob", "Carol"]
ceiling = "full"
`
  await using home = openFamily({ toml })
  home.tele.membership.set('den', { kind: 'count', count: 2 })
  home.tele.push(messageFrom('tele', 't-bob', '/status', inDen), bob('/status'))
  await home.settled()
  assert.ok(!home.reached('tele:den').join().includes('9.9.9'))
  assert.ok(home.reached('tele:t-bob').join().includes('9.9.9'))
})

test('a group does not hear the names of its speaker’s own conversations', async () => {
  await using home = openFamily({ toml: group() })
  home.disc.membership.set('den', listed('d-alice'))
  home.tele.push(messageFrom('tele', 't-alice', 'hello'))
  await home.settled()
  home.store.sessions.rename('direct:alice', 'canary title')
  home.disc.push(messageFrom('disc', 'd-alice', '/sessions', inDen))
  home.tele.push(messageFrom('tele', 't-alice', '/sessions'))
  await home.settled()
  assert.ok(!home.reached('disc:den').join().includes('canary title'))
  assert.ok(home.reached('tele:t-alice').join().includes('canary title'))
})

test('a command below its level is ignored in a group and an ordinary message in a direct chat', async () => {
  await using home = openFamily({ toml: `${group()}\n[[groups]]\nmatch = "tele:den"\nmembers = ["Carol"]\n` })
  home.tele.membership.set('den', { kind: 'count', count: 1 })
  home.tele.push(messageFrom('tele', 't-carol', '/status', inDen))
  await home.settled()
  assert.deepEqual([home.model.requests.length, home.reached('tele:den')], [0, []])
  home.tele.push(messageFrom('tele', 't-carol', '/status'))
  await home.settled()
  assert.ok(textOf(home.model.requests[0]!).includes('/status'))
  assert.deepEqual(home.reached('tele:t-carol'), ['Yes.'])
})
