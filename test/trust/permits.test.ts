// A yes for some minutes: for like calls, in one conversation, from one person, and no longer than it was given for.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Block } from '../../src/store/entry.ts'
import { openFamily, users } from './family.ts'
import { messageFrom, textOf } from './house.ts'

const rules = `[tools.approve]
rules = [{ tool = "schedule", origin = "any", answer = "ask" }]
`
const alice = (text: string) => messageFrom('tele', 't-alice', text)
let calls = 0
const schedule = (input: Readonly<Record<string, unknown>>): Block[] => [
  { type: 'tool_call', id: `c${calls++}`, name: 'schedule', input },
]
const create = (text: string) => schedule({ action: 'create', text, when: '+2h' })

/** Alice has asked for a reminder; the question is out. */
async function asked(first = create('one'), now: () => number = Date.now) {
  let next: readonly Block[] = first
  const home = openFamily({
    toml: `${users}${rules}`,
    now,
    say(request) {
      const planned = next
      next = []
      return planned.length > 0 ? planned : `said ${textOf(request).length}`
    },
  })
  const reached = () => home.reached('tele:t-alice')
  home.tele.push(alice('remind me'))
  await home.settled()
  const code = /\/approve ([A-Z2-9]{6})/.exec(reached().at(-1)!)![1]!
  return {
    home,
    code,
    reached,
    /** Whether somebody's next call waits for a yes. */
    async waits(call: Block[], message = alice('again')) {
      const before = home.store.approvals.open().length
      next = call
      home.tele.push(message)
      await home.settled()
      return home.store.approvals.open().length > before
    },
    async answer(text: string) {
      home.tele.push(alice(text))
      await home.settled()
    },
  }
}

test('the question says what a yes for some minutes would allow, and the answer what it did', async () => {
  const { home, code, reached, answer } = await asked()
  await using _ = home
  assert.match(reached().at(-1)!, /\/approve \w{6} 10m also allows schedule to create for ten minutes\.$/)
  const choices = home.tele.sent.at(-1)?.choices
  assert.deepEqual(
    choices?.map(({ label }) => label),
    ['Yes', 'No', 'Yes, for 10 minutes'],
  )
  await answer(`/approve ${code} for 10 minutes`)
  assert.ok(
    reached().includes(
      `Approved, and for 10 minutes also schedule to create, in that conversation. /deny ${code} ends it.`,
    ),
  )
  await answer('/approve')
  assert.match(reached().at(-1)!, /^Allowed for 10 more minutes: schedule to create\./)
})

test('a plain yes is for that call alone', async () => {
  const { home, code, waits, answer } = await asked()
  await using _ = home
  await answer(`/approve ${code}`)
  assert.ok(await waits(create('two')))
})

test('like calls go on without a question until the time is over, after a restart too', async () => {
  let now = Date.now()
  const { home, code, waits, answer } = await asked(create('one'), () => now)
  await using _ = home
  await answer(`/approve ${code} 10m`)
  assert.ok(!(await waits(create('two'))))
  await home.restart()
  now += 9 * 60_000
  assert.ok(!(await waits(create('three'))))
  assert.equal(home.store.jobs.active().length, 3)
  assert.ok(await waits(schedule({ action: 'cancel', id: 'x' })), 'another action')
  now += 2 * 60_000
  assert.ok(await waits(create('four')))
})

test('a clock that is set back ends it: ten minutes never become a day', async () => {
  let now = Date.now()
  const { home, code, waits, answer } = await asked(create('one'), () => now)
  await using _ = home
  await answer(`/approve ${code} 10m`)
  now -= 24 * 3_600_000
  assert.ok(await waits(create('two')))
})

test('it ends with a no, and whenever its person, their level or the conversation is another', async () => {
  const { home, code, waits, answer, reached } = await asked()
  await using _ = home
  await answer(`/approve ${code} 2h`)
  assert.ok(await waits(create('of Bob'), messageFrom('tele', 't-bob', 'remind me')), 'another person')
  home.reload(`${users.replace('name = "Alice"\ntrust = "full"', 'name = "Alice"\ntrust = "inner"')}${rules}`)
  assert.ok(await waits(create('lowered')), 'a lowered clearance')
  home.reload(`${users}${rules}`)
  assert.ok(!(await waits(create('as before'))))
  await answer(`/deny ${code}`)
  assert.equal(reached().at(-1), 'No longer: schedule to create.')
  assert.ok(await waits(create('after the no')))
})

test('what is asked each time cannot be allowed for minutes, nor can a time that is none be given', async () => {
  const { home, code, answer, reached } = await asked([
    { type: 'tool_call', id: 'm1', name: 'message', input: { to: 'Carol', text: 'dinner' } },
  ])
  await using _ = home
  for (const [words, said] of [
    ['10m', /message is asked about each time/],
    ['5h', /at most 4h/],
    ['0m', /at most 4h/],
    ['soon', /Say for how long/],
    ['-3m', /Say for how long/],
  ] as const) {
    await answer(`/approve ${code} ${words}`)
    assert.match(reached().at(-1)!, said, words)
  }
  assert.equal(home.store.approvals.get(code)?.state, 'open')
  assert.deepEqual(home.reached('tele:t-carol'), [])
})

test('a task says when it is set and when it is shown what it would ask for; a reminder does not', async () => {
  const results: string[] = []
  let kind = 'reminder'
  const home = openFamily({
    toml: users,
    say(request) {
      const blocks = request.messages.at(-1)!.blocks
      const done = blocks.flatMap(block => (block.type === 'tool_result' ? [block.text] : []))
      results.push(...done)
      return done.length > 0 ? 'Set.' : schedule({ action: 'create', kind, text: 'water', when: '+2h' })
    },
  })
  await using _ = home
  home.tele.push(alice('a reminder, please'))
  await home.settled()
  assert.match(results.at(-1)!, /^Set: reminder[^\n]*$/)
  kind = 'task'
  home.tele.push(alice('a task, please'))
  await home.settled()
  assert.match(
    results.at(-1)!,
    /^Set: task.*\nWhen it works unattended, it asks for a yes before: message \(always\)/,
  )
  home.tele.push(alice('/cron'))
  await home.settled()
  assert.match(home.reached('tele:t-alice').at(-1)!, /unattended.*no answer in 24 hours counts as no/)
})
