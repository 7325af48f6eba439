// A person teaches, asks, corrects and forgets, over Telegram and at the terminal, and afterwards no file holds it.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import { telegramChat } from '../support/chats.ts'
import { runCoop, startGateway } from '../support/coop.ts'
import { newest, resultsIn, say, use, type WireRequest } from '../support/fake-anthropic.ts'
import { makeTestHome } from '../support/home.ts'
import { openLiveClient } from '../support/live-client.ts'
import { alice, bob, carol, openStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'

/** Names of the files below a folder that hold these bytes, in any case. */
const filesWith = (folder: string, text: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => {
    const path = join(folder, name)
    return statSync(path).isFile() && readFileSync(path, 'latin1').toLowerCase().includes(text.toLowerCase())
  })

const memoryFiles = (stage: Stage) => join(stage.home.dir, 'db')

/** Uses the tool that the message asks for, as `tool {…}`, then repeats what it gave. */
function obey(request: WireRequest) {
  const results = resultsIn(request)
  const asked = /^(memory_\w+) (\{.*\})$/m.exec(newest(request))
  if (results.length > 0) return say(results.at(-1)!.text)
  return asked ? use(asked[1]!, JSON.parse(asked[2]!)) : say('Noted.')
}

const idIn = (text: string): string => /\b([0-9a-f]{8})\b/.exec(text)![1]!

test('over Telegram a fact is taught, asked for, corrected and forgotten, and no file holds it afterwards', async () => {
  await using stage = await openStage()
  stage.model.otherwise = ({ body }) => obey(body)
  let count = 0
  const tell = async (text: string, from = alice) => {
    const before = stage.telegram.sent(from.id).length
    stage.telegram.write(from, text)
    count++
    return (await until(`an answer to ${count}`, () => stage.telegram.sent(from.id)[before])).text
  }
  const taught = await tell(
    'memory_write {"text": "The boat is called Qwertzuiop", "store": "shared", "people": ["Alice"]}',
  )
  assert.match(taught, /^Remembered in shared as /)
  assert.match(
    await tell('memory_search {"query": "What is the boat called?"}'),
    /Alice: The boat is called Qwertzuiop/,
  )
  assert.match(await tell('memory_search {"query": "What is the boat called?"}', bob), /Qwertzuiop/)
  const corrected = await tell(
    `memory_write {"text": "The boat is called Xylophonia now", "store": "shared", "replaces": "${idIn(taught)}"}`,
  )
  const both = await tell('memory_search {"query": "What is the boat called?"}')
  assert.match(both, /Xylophonia now[\s\S]*Qwertzuiop[\s\S]*no longer so/)
  await tell('and the boat? it is on my mind')
  assert.match(JSON.stringify(stage.model.requests.at(-1)!.body), /From memory[\s\S]*Xylophonia now/)

  writeFileSync(join(memoryFiles(stage), 'memory.db.before-2.1'), 'qwertzuiop')
  assert.match(await tell(`/forget ${idIn(corrected)}`), /forgotten/)
  assert.match(await tell('/forget boat called'), /forgotten/)
  assert.match(await tell('memory_search {"query": "boat"}'), /Nothing found/)
  await stage.gateway.stop()
  for (const word of ['qwertzuiop', 'xylophonia'])
    assert.deepEqual(filesWith(memoryFiles(stage), word), [], word)
})

test('what was recalled beside a message is gone from the transcript once the memory is forgotten', async () => {
  await using stage = await openStage()
  stage.model.otherwise = ({ body }) => obey(body)
  const tell = async (text: string, from = alice) => {
    const before = stage.telegram.sent(from.id).length
    stage.telegram.write(from, text)
    return (await until(text, () => stage.telegram.sent(from.id)[before])).text
  }
  const taught = await tell(
    'memory_write {"text": "Carol keeps a qwertzuiop in the cellar", "store": "shared"}',
  )
  await tell('what does Carol have in the cellar?', bob)
  assert.match(JSON.stringify(stage.model.requests.at(-1)!.body), /qwertzuiop/)
  await stage.gateway.stop()
  const seen = await runCoop(stage.home, ['users', 'show', 'bob', '--has-seen'])
  assert.match(seen.stdout, /memory [0-9a-f]{8} {2}Carol keeps a qwertzuiop in the cellar/)
  const done = await runCoop(stage.home, ['memory', 'forget', idIn(taught), '--sources'])
  assert.match(done.stdout, /^\d+ forgotten/)
  assert.deepEqual(filesWith(memoryFiles(stage), 'qwertzuiop'), [])
  const after = await runCoop(stage.home, ['users', 'show', 'bob', '--has-seen'])
  assert.doesNotMatch(after.stdout, /memory/)
  await stage.start()
  assert.match(await tell('memory_search {"query": "cellar"}', bob), /Nothing found|Carol have/)
})

test('what was said a moment before /new is remembered in the conversation that it begins', async () => {
  await using stage = await openStage()
  stage.model.otherwise = ({ body }) => obey(body)
  const chat = telegramChat(stage.telegram, alice.id)
  const words = [
    'The spare key of the boat lies under the blue flowerpot',
    '/new',
    'Where is the spare key of the boat?',
  ]
  for (const [index, text] of words.entries()) {
    stage.telegram.write(alice, text)
    await chat.reply(index + 1)
  }
  assert.match(JSON.stringify(stage.model.requests.at(-1)!.body), /From memory[\s\S]*blue flowerpot/)
})

test('a text index that is damaged while the gateway runs is built anew, and the owner is told', async () => {
  await using stage = await openStage()
  stage.model.otherwise = ({ body }) => obey(body)
  const chat = telegramChat(stage.telegram, alice.id)
  stage.telegram.write(alice, 'memory_write {"text": "The boat is called Heron", "store": "shared"}')
  await chat.said(/^Remembered in shared/)
  const damage = (where: string) => {
    const raw = new Database(join(memoryFiles(stage), 'memory.db'))
    raw.unsafeMode(true)
    raw.exec(`UPDATE fts_shared_data SET block = x'00ff00ff' WHERE id ${where}`)
    raw.close()
  }
  const told = () =>
    chat.sent().filter(({ text }) => text.includes('The text index of the shared memory was damaged')).length
  damage('>= 10')
  stage.telegram.write(alice, 'memory_write {"text": "The boat lies at the lake", "store": "shared"}')
  await until('the first notice', () => told() === 1 || undefined)
  await until('the second memory', () => chat.sent().filter(({ text }) => /^Remembered in/.test(text))[1])
  damage('> 10')
  stage.telegram.write(alice, 'memory_search {"query": "Where does the boat lie?"}')
  await until('the second notice', () => told() === 2 || undefined)
  await chat.said(/The boat lies at the lake/)
})

test('what was said around a kill -9 is remembered once, word for word', async () => {
  await using stage = await openStage()
  stage.model.otherwise = () => say('Noted.')
  const chat = telegramChat(stage.telegram, alice.id)
  const said = ['heron', 'gull', 'owl', 'stork', 'swan', 'crane'].map(bird => `Today I saw a ${bird}`)
  for (const [index, text] of said.entries()) {
    stage.telegram.write(alice, text)
    await until(`an answer to ${text}`, () => chat.sent()[index])
    if (index % 2 === 0) continue
    await stage.gateway.kill()
    await stage.start()
  }
  const remembered = async () => {
    const { stdout } = await runCoop(stage.home, ['memory', 'export'])
    const lines = stdout.split('\n').filter(Boolean)
    return lines
      .map(line => JSON.parse(line) as { text: string; said_by: string })
      .flatMap(line => (line.said_by === 'Alice' ? line.text : []))
  }
  await until('all of it in memory', async () => (await remembered()).length >= said.length, 60_000)
  await stage.gateway.kill()
  assert.deepEqual(await remembered(), said)
})

test('more than a few memories are forgotten at a second word alone, and nobody below inner may', async () => {
  await using stage = await openStage()
  const lines = Array.from({ length: 12 }, (_, index) => ({
    kind: 'fact',
    store: 'social',
    text: `The heron number ${index} nests at the lake`,
  }))
  const added = await runCoop(stage.home, ['memory', 'import', '-'], {
    stdin: lines.map(line => JSON.stringify(line)).join('\n'),
  })
  assert.equal(added.code, 0, added.stderr)
  stage.telegram.write(carol, '/forget heron')
  assert.match((await stage.reply(carol.id)).text, /^heard: /, 'to her it is an ordinary message')
  stage.telegram.write(bob, '/forget heron')
  assert.match(
    (await stage.reply(bob.id)).text,
    /^12 memories say that\. To forget them all: \/forget yes heron/,
  )
  stage.telegram.write(bob, '/forget yes heron')
  assert.match((await stage.reply(bob.id, 2)).text, /^12 forgotten/)
})

test('what Bob’s next turn would hold is shown beforehand, his own memories as a count', async () => {
  using home = makeTestHome(`[agent]
id = "coop"
model = "offline/coop"

[[users]]
name = "Alice"
trust = "full"
match = ["terminal:default"]

[[users]]
name = "Bob"
trust = "inner"
match = ["telegram:1002"]
`)
  const lines = [
    { kind: 'fact', store: 'shared', text: 'The heron nests at the lake' },
    { kind: 'fact', store: 'private', text: 'The heron costs a fortune' },
    { kind: 'turn', store: 'personal', owner: 'bob', text: 'I am afraid of the heron', said_by: 'Bob' },
  ]
  await runCoop(home, ['memory', 'import', '-'], {
    stdin: lines.map(line => JSON.stringify(line)).join('\n'),
  })
  const seen = await runCoop(home, ['users', 'show', 'bob', '--would-see', '--about', 'heron'])
  assert.equal(seen.code, 0, seen.stderr)
  assert.match(seen.stdout, /A message from Bob on telegram opens personal:bob, shared, social/)
  assert.match(seen.stdout, /The heron nests at the lake/)
  assert.match(seen.stdout, /1 of personal:bob, for Bob alone/)
  assert.doesNotMatch(seen.stdout, /afraid|fortune/)
  const wrong = await runCoop(home, ['users', 'show', 'nobody', '--would-see'])
  assert.match(wrong.stderr, /There is no user "nobody"/)
})

test('at the terminal the offline model remembers, finds, corrects and forgets, and no file holds it afterwards', async () => {
  using home = makeTestHome('[agent]\nid = "coop"\nmodel = "offline/coop"\n')
  await using gateway = await startGateway(home)
  {
    using me = await openLiveClient(home)
    assert.match(await me.ask('remember that my locker is Qwertzuiop 7'), /Remembered/)
    assert.match(await me.ask('what do you know about my locker?'), /Qwertzuiop 7/)
    assert.match(await me.ask('correct that: my locker is Qwertzuiop 9'), /Remembered/)
    assert.match(
      await me.ask('what do you know about my locker?'),
      /Qwertzuiop 9[\s\S]*Qwertzuiop 7[\s\S]*no longer so/,
    )
    const question = await me.ask('forget everything about my locker')
    const code = /\/approve ([A-Z0-9]{6})/.exec(question)![1]!
    await me.client.call('command/run', { session: me.who.session, command: `/approve ${code}` })
    await until('the answer', () => me.said().find(text => /forgotten/.test(text)))
    assert.match(await me.ask('what do you know about my locker?'), /Nothing found/)
  }
  await gateway.stop()
  assert.deepEqual(filesWith(join(home.dir, 'db'), 'qwertzuiop'), [])
})
