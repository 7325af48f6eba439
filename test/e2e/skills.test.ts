// Skills through the running gateway: by trust, read when they are needed, and as they are now.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { newest, resultsIn, say, use, type WireRequest } from '../support/fake-anthropic.ts'
import { alice, bob, carol, openStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'

describe('skills in the running gateway', () => {
  let stage: Stage
  const write = (path: string, description: string, text: string) =>
    stage.home.file(
      `workspaces/default/${path}/SKILL.md`,
      `---\nname: ignored\ndescription: ${description}\n---\n${text}\n`,
    )
  before(async () => {
    stage = await openStage({ idle: true, toml: '[skills]\npaths = ["skills"]\ntrust = "full"\n' })
    write('skills/taxes', 'How we file taxes', 'Take the blue folder.')
    write('users/bob/skills/garden', 'When to water', 'At dusk.')
    await stage.start()
  })
  after(() => stage?.[Symbol.asyncDispose]())

  const ask = async (who: typeof alice, text: string, name?: string): Promise<WireRequest> => {
    const before = stage.telegram.sent(who.id).length
    if (name !== undefined) stage.model.next(use('skill', { name }))
    stage.model.otherwise = ({ body }) => say(`heard: ${newest(body).slice(0, 20)}`)
    stage.telegram.write(who, text)
    await until(`an answer to ${text}`, () => stage.telegram.sent(who.id)[before])
    return stage.model.requests.at(-1)!.body
  }
  const read = async (who: typeof alice, name: string) =>
    resultsIn(await ask(who, `read ${name}`, name))[0]?.text ?? ''
  const told = (body: WireRequest) => JSON.stringify([body.system, body.messages.at(-1)])

  test('each person is told of the skills that are theirs, by a line each', async () => {
    const forAlice = JSON.stringify((await ask(alice, 'hello')).system)
    assert.match(forAlice, /- taxes: How we file taxes/)
    assert.doesNotMatch(forAlice, /garden|blue folder/)
    const forBob = JSON.stringify((await ask(bob, 'hello')).system)
    assert.match(forBob, /- garden: When to water/)
    assert.doesNotMatch(forBob, /taxes|dusk/)
    const forCarol = await ask(carol, 'hello')
    assert.doesNotMatch(JSON.stringify(forCarol.system), /# Skills/)
    assert.ok(!forCarol.tools?.some(tool => tool.name === 'skill'))
  })

  test('a skill is read when it is asked for, and nobody reads another’s', async () => {
    assert.match(await read(alice, 'taxes'), /Take the blue folder\./)
    assert.match(await read(bob, 'garden'), /At dusk\./)
    assert.match(await read(bob, 'taxes'), /There is no skill "taxes"\. Known: garden\./)
    assert.match(await read(alice, 'garden'), /There is no skill "garden"/)
    assert.match(await read(alice, '../users/bob/skills/garden'), /There is no skill/)
    assert.match(await read(carol, 'taxes'), /There is no tool "skill" here/)
  })

  test('a changed, new or removed skill counts at once, and the cached prompt stays as it was', async () => {
    const system = JSON.stringify((await ask(alice, 'before')).system)
    write('skills/taxes', 'How we file taxes', 'Take the red folder.')
    assert.match(await read(alice, 'taxes'), /Take the red folder\./)
    write('skills/travel', 'How we pack', 'Light.')
    const withNew = await ask(alice, 'with a new one')
    assert.match(JSON.stringify(withNew.messages.at(-1)), /skills have changed.*- travel: How we pack/)
    assert.equal(JSON.stringify(withNew.system), system)
    assert.match(await read(alice, 'travel'), /Light\./)
    assert.doesNotMatch(JSON.stringify((await ask(alice, 'again')).messages.at(-1)), /have changed/)
    rmSync(join(stage.home.dir, 'workspaces/default/skills/travel'), { recursive: true })
    assert.match(await read(alice, 'travel'), /There is no skill "travel"\. Known: taxes\./)
    assert.doesNotMatch(told(await ask(bob, 'and Bob')), /taxes|travel/)
  })
})
