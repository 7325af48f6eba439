// One evening with a new home: people, an appointment, a mistake and a harmful wish, all said at the terminal.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runCoop, startGateway } from '../support/coop.ts'
import { makeTestHome, type TestHome } from '../support/home.ts'
import { until } from '../support/until.ts'

const toml = `# The house of Alice.
[agent]
id = "coop" # short
model = "offline/coop"
timezone = "Europe/Lisbon"

[[users]]
name = "Alice"
trust = "full"
match = ["terminal:default"]
`
const program = fileURLToPath(new URL('../../src/bin.js', import.meta.url))

interface Chat extends AsyncDisposable {
  /** Types a line and waits for words that fit; returns everything said since. */
  type(line: string, fits: RegExp): Promise<string>
  /** Waits for words that come by themselves. */
  hear(fits: RegExp): Promise<string>
}

/** The terminal's own client, typed into. */
function openChat(home: TestHome): Chat {
  const child = spawn(process.execPath, [program, 'attach'], { env: home.env, cwd: home.dir })
  const closed = new Promise(resolve => child.once('close', resolve))
  let said = ''
  let read = 0
  child.stdout.setEncoding('utf8').on('data', text => {
    said += text
  })
  const hear = async (fits: RegExp) => {
    const found = await until(`${fits} after “${said.slice(read)}”`, () => fits.exec(said.slice(read)))
    const fresh = said.slice(read)
    // What came behind it in the same moment is still to be heard.
    read += found.index + found[0].length
    return fresh
  }
  return {
    hear,
    type(line, fits) {
      read = said.length
      child.stdin.write(`${line}\n`)
      return hear(fits)
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await closed
    },
  }
}

test('a person is added, a briefing arrives, a bad change is refused, a harmful one rolls itself back, all in the history', async () => {
  using home = makeTestHome(toml, {
    ANTHROPIC_API_KEY: 'sk-ant-api03-a-key-of-a-test',
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
  })
  await using _gateway = await startGateway(home)
  await using chat = openChat(home)
  const approve = async (question: string, fits: RegExp) =>
    chat.type(`/approve ${/\/approve ([A-Z0-9]{6})/.exec(question)![1]!}`, fits)

  const adding = await chat.type('add Bob as inner telegram:1002', /\/approve [A-Z0-9]{6}/)
  assert.match(adding, /new users\[bob\] = .*telegram:1002/)
  await approve(adding, /Changed, generation 2/)
  await chat.type('who is known?', /Bob \(bob\), inner: telegram:1002/)

  await chat.type(
    'every weekday at 7 in Europe/Lisbon: hello',
    /Set: task “hello” \[[A-Z0-9]{6}\]: every weekday at 07:00 Europe\/Lisbon; next \w+ .* 07:00 Europe\/Lisbon/,
  )
  // The two come together when the run is quick.
  await chat.type(
    '/cron run hello',
    /(?=[\s\S]*“hello” \[[A-Z0-9]{6}\] runs now)(?=[\s\S]*Hello! I am listening\.)/,
  )
  await chat.type('remind me in 1 second to water the plants', /Set: reminder “water the plants”/)
  await chat.hear(/⏰ water the plants/)

  const mistake = await chat.type('set trace.keep_dys to 7', /unknown key/)
  assert.match(mistake, /coop\.toml:\d+: trace\.keep_dys: unknown key; did you mean "keep_days"\?/)

  const harmful = await chat.type('set agent.model to anthropic/claude-opus-4-6', /\/approve [A-Z0-9]{6}/)
  assert.match(harmful, /agent\.model: "offline\/coop" → "anthropic\/claude-opus-4-6"[\s\S]*costs more/)
  await approve(harmful, /Generation 3 was rolled back, anthropic\/claude-opus-4-6 does not answer/)
  await chat.type('hello', /Hello! I am listening\./)

  const history = await chat.type('config history', /Generation 1, .* nobody by file/)
  assert.match(history, /Generation 2, .*, alice by chat: Bob is to be let in\n.*new users\[bob\]/)
  assert.match(
    history,
    /Generation 3, .*, alice by chat: asked for \(rolled back: anthropic\/claude-opus-4-6 does not answer/,
  )
  assert.match(history, /Generation 4, .*, nobody by coop: generation 3 was rolled back/)
  assert.doesNotMatch(history, /keep_dys/)
  const kept = readFileSync(home.config, 'utf8')
  assert.ok(kept.startsWith('# The house of Alice.\n[agent]\nid = "coop" # short\nmodel = "offline/coop"\n'))
  assert.match(kept, /name = "Bob"/)
  await until('both are known to be delivered', async () => {
    const { stdout } = await runCoop(home, ['cron', 'history'])
    return stdout.match(/: delivered/g)?.length === 2
  })
})
