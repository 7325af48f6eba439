// A gateway that is killed while it remembers and tidies ends where one would have that was left in peace.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import { runCoop } from '../support/coop.ts'
import { newest, say } from '../support/fake-anthropic.ts'
import { quietHours } from '../support/quiet-hours.ts'
import { alice, openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'

test('facts, summaries and what is put away come once, though the gateway is killed at each question for them and after each answer', async () => {
  await using stage = await openStage({ env: quietHours, idle: true })
  const old = ['The heron came', 'It stayed a while', 'Then it left'].map((text, seq) => ({
    ...{
      kind: 'turn',
      store: 'social',
      text,
      said_by: 'Bob',
      session: 'lake',
      seq,
      at: '2020-05-01T10:00:00Z',
    },
  }))
  const lines = [...old, { kind: 'fact', store: 'social', text: 'The lake is frozen' }]
  const imported = await runCoop(stage.home, ['memory', 'import', '-'], {
    stdin: lines.map(line => JSON.stringify(line)).join('\n'),
  })
  assert.equal(imported.code, 0, imported.stderr)
  const db = new Database(join(stage.home.dir, 'db', 'memory.db'))
  db.prepare("UPDATE mem_social SET valid_to = 1000 WHERE kind = 'fact'").run()
  db.close()

  const asked = { facts: 0, summary: 0 }
  const answered = { facts: 0, summary: 0 }
  const answering = new Set<string>()
  stage.model.otherwise = async ({ body }) => {
    const text = newest(body)
    const about = text.includes('Sum up this part')
      ? 'summary'
      : text.includes('worth remembering')
        ? 'facts'
        : null
    if (about === null) return say('Noted.')
    asked[about]++
    if (!answering.has(about)) return { kind: 'hang' }
    answered[about]++
    if (about === 'summary') return say('A heron visited the lake.')
    const from = /^(\d+)\. \(.*\) Alice: My bike/m.exec(text)?.[1]
    return say(JSON.stringify([{ act: 'ADD', from: Number(from), text: 'Alice has a blue bike' }]))
  }
  await stage.start()
  for (const about of ['summary', 'facts'] as const) {
    if (about === 'facts') {
      stage.telegram.write(alice, 'My bike is blue')
      await stage.reply(alice.id)
    }
    await until(`a question for ${about}`, () => asked[about] > 0)
    await stage.gateway.kill()
    answering.add(about)
    await stage.start()
    await until(`an answer with ${about}`, () => answered[about] > 0)
    await stage.gateway.kill()
    await stage.start()
  }
  const kept = async () => {
    const { stdout } = await runCoop(stage.home, ['memory', 'export'])
    return stdout
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as { kind: string; text: string })
      .map(({ kind, text }) => `${kind}: ${text}`)
      .filter(line => !line.includes('Noted.'))
      .sort()
  }
  const wanted = [
    'fact: Alice has a blue bike',
    'summary: A heron visited the lake.',
    'turn: It stayed a while',
    'turn: My bike is blue',
    'turn: The heron came',
    'turn: Then it left',
  ]
  await until('all of it in memory', async () => (await kept()).length >= wanted.length)
  await stage.gateway.stop()
  assert.deepEqual(await kept(), wanted)
  const { stdout } = await runCoop(stage.home, ['memory', 'search', 'frozen', '--archived'])
  assert.equal(stdout.match(/The lake is frozen/g)?.length, 1)
})
