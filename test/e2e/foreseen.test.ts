// What is said beforehand of jobs and of tools is what then happens: shell, chat and turns agree.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { boxTests } from '../box/rig.ts'
import { runCoop } from '../support/coop.ts'
import { resultsIn, say, use } from '../support/fake-anthropic.ts'
import { openLiveClient } from '../support/live-client.ts'
import { alice, bob, carol, openStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'

const group = -1001
const jobs = `
[[tools.approve.rules]]
tool = "bash"
argument = "git push"
answer = "ask"

[[groups]]
match = "telegram:${group}"
members = ["alice", "carol"]

[[cron]]
name = "briefing"
cron = "0 7 * * *"
message = "What is on today?"
user = "alice"

[[cron]]
name = "tidy"
cron = "0 6 * * *"
message = "Tidy up."

[[cron]]
name = "news"
cron = "0 8 * * *"
message = "The news?"
user = "alice"
[cron.deliver]
channel = "telegram"
target = "${group}"
`

describe('beforehand', boxTests, () => {
  let stage: Stage
  const json = async (...args: string[]) =>
    (await runCoop(stage.home, [...args, '--json'])).stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
  before(async () => {
    stage = await openStage({ idle: true, toml: jobs })
    stage.home.file('workspaces/default/SOUL.md', 'Be kind.')
    await stage.start()
  })
  after(() => stage?.[Symbol.asyncDispose]())

  test('the list says in a shell and in a chat what a task would wait for', async () => {
    stage.model.next(
      use('schedule', { action: 'create', kind: 'task', when: '0 7 * * *', text: 'Water the plants.' }),
    )
    stage.telegram.write(alice, 'every morning at seven, please')
    await stage.reply(alice.id)
    const confirmation = resultsIn(stage.model.requests.at(-1)!.body)[0]!.text
    const asked = /asks for a yes before: (.*?)\. It then waits/.exec(confirmation)![1]!
    assert.match(
      asked,
      /^message \(always\); bash where its arguments hold “git push”; bash, .*web_fetch.*write_file \(after text from outside\)$/,
    )

    const list = (await runCoop(stage.home, ['cron'])).stdout
    assert.match(list, /^briefing \[cron:briefing\], as Alice\n {2}every day at 07:00 UTC; next /m)
    assert.equal(list.split(`waits for a yes before: ${asked}\n`).length, 3, 'the briefing and what was set')
    assert.match(
      list,
      /^tidy \[cron:tidy\], for nobody\n.*\n {2}waits for a yes before: .*write_file \(after/m,
    )
    assert.match(list, /^a task of alice \[/m)

    stage.telegram.write(alice, '/cron')
    const chat = (await stage.reply(alice.id, 2)).text
    assert.ok(chat.includes(asked), chat)

    const rows = await json('cron', 'list')
    const [check] = await json('check')
    for (const { id, needs, closed } of check.jobs) {
      const row = rows.find(one => one.id === id)
      assert.deepEqual([row.needs, row.closed], [needs, closed], id)
    }
    const byName = (name: string) => check.jobs.find((job: { name: string }) => job.name === name)
    assert.deepEqual(byName('briefing').needs[0], { tools: ['message'], when: 'always' })
    assert.deepEqual(
      byName('news').needs.flatMap((need: { tools: string[] }) => need.tools),
      [],
      'a group of a familiar person has nothing that asks',
    )
    assert.match(
      (await runCoop(stage.home, ['check'])).stdout,
      /^the job briefing\n {2}waits for a yes before: message/m,
    )
  })

  test('a job that runs has the tools that were counted', async () => {
    using terminal = await openLiveClient(stage.home)
    const { client, who } = terminal
    const already = stage.model.requests.length
    await client.call('command/run', { session: who.session, command: '/cron run briefing' })
    const request = await until('the job', () => stage.model.requests[already])
    const tools = request.body.tools!.map(tool => tool.name)
    for (const name of ['bash', 'message', 'web_fetch', 'write_file']) assert.ok(tools.includes(name), name)
    for (const name of ['config', 'people', 'react', 'schedule', 'send_file'])
      assert.ok(!tools.includes(name), name)
  })

  test('check names the very tools that each person’s next request holds', async () => {
    const [{ people }] = await json('check')
    for (const who of [alice, bob, carol]) {
      const already = stage.model.requests.length
      stage.model.next(say('hello'))
      stage.telegram.write(who, 'hello')
      const request = await until('a request', () => stage.model.requests[already])
      const foreseen = people.find(
        ({ id, channel }: { id: string; channel: string }) =>
          id === who.name.toLowerCase() && channel === 'telegram',
      )
      assert.deepEqual(foreseen.tools, request.body.tools!.map(tool => tool.name).sort(), who.name)
    }
  })

  test('the history of a job that never was says so, and one that did not run yet says that', async () => {
    const gone = await runCoop(stage.home, ['cron', 'history', 'nothing'])
    assert.equal(gone.code, 1)
    assert.match(gone.stderr, /There is no job “nothing”; `coop cron list` shows them\./)
    assert.equal((await runCoop(stage.home, ['cron', 'history', 'tidy'])).stdout, 'Nothing ran yet.\n')
  })
})
