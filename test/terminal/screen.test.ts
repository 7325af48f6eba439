// The interactive chat in a real terminal, on real gateways.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../support/until.ts'
import { bin, openHouse } from './house.ts'
import { openModelServer, type Said } from './model-server.ts'
import { openPane } from './pane.ts'
import { openRawTerminal } from './raw-terminal.ts'

const ready = /·.*Alice, full/

test('a chat answers what is typed, wraps wide characters and keeps emoji whole', async () => {
  await using house = openHouse()
  const pane = house.pane(['chat'], { columns: 40 })
  await pane.until(ready)
  pane.type('hello')
  pane.press('Enter')
  await pane.until(/Hello! I am listening\./)
  pane.type('日本語の文章はとても長いので折り返されるはずです 👩‍👩‍👧 família')
  await pane.until(/família/)
  pane.press('Enter')
  const screen = await pane.until(/You wrote: “日本語/)
  assert.ok(screen.split('\n').every(line => columnsOf(line) <= 40))
  pane.press('C-d')
  await pane.until(/\[left with 0\]/)
})

test('Ctrl-C clears, stops a running turn, and twice leaves with 130', async () => {
  await using model = await openModelServer(() => ({ words: Array(2_000).fill('on and '), pauseMs: 20 }))
  await using house = openHouse({ modelUrl: model.url })
  const pane = house.pane(['chat'])
  await pane.until(ready)
  pane.type('talk')
  pane.press('Enter')
  await pane.until(/on and on and/)
  pane.press('C-c')
  const stopped = await pane.until(text => /Stopped\./.test(text) && !/Ctrl-C again/.test(text))
  assert.equal(stopped.match(/Stopped\./g)?.length, 1)
  pane.press('C-c')
  await pane.until(/Ctrl-C again leaves/)
  pane.press('C-c')
  await pane.until(/\[left with 130\]/)
})

test('Ctrl-Z gives the terminal to the shell, and fg draws the conversation and the half-written line again', async () => {
  await using house = openHouse()
  using pane = openPane({ command: ['bash', '--norc', '-i'], env: house.env, cwd: house.dir })
  pane.type(`'${process.execPath}' '${bin}' --config '${house.config}' chat`)
  pane.press('Enter')
  await pane.until(ready)
  pane.type('hello')
  pane.press('Enter')
  await pane.until(/Hello! I am listening/)
  pane.type('half a line')
  await pane.until(/─\nhalf a line\n─/)
  pane.press('C-z')
  await pane.until(/Stopped[\s\S]*[#$] *$/)
  pane.type('stty -a | grep -o ".icanon"; clear; fg')
  pane.press('Enter')
  await pane.until(
    screen => !/Stopped/.test(screen) && /Hello! I am listening[\s\S]*─\nhalf a line\n─/.test(screen),
  )
  pane.press('Enter')
  await pane.until(/You wrote: “half a line”/)
})

test('Ctrl-Z in the middle of an answer, and fg goes on drawing it', async () => {
  const words = Array.from({ length: 400 }, (_, index) => `word${index} `)
  await using model = await openModelServer(() => ({ words, pauseMs: 10 }))
  await using house = openHouse({ modelUrl: model.url })
  await house.gateway()
  using pane = openPane({ command: ['bash', '--norc', '-i'], env: house.env, cwd: house.dir })
  pane.type(`'${process.execPath}' '${bin}' --config '${house.config}' attach`)
  pane.press('Enter')
  await pane.until(ready)
  pane.type('go')
  pane.press('Enter')
  await pane.until(/word5 /)
  pane.press('C-z')
  await pane.until(/Stopped[\s\S]*[#$] *$/)
  pane.type('clear; fg')
  pane.press('Enter')
  await pane.until(/word399/)
})

test('exit, quit and their like leave the chat, on the screen and in plain lines', async () => {
  await using house = openHouse()
  const pane = house.pane(['chat'])
  await pane.until(ready)
  pane.type('/quit')
  pane.press('Enter')
  await pane.until(/\[left with 0\]/)
  const plain = house.pane(['chat', '--plain'])
  await plain.until(/Alice, full; .*\n>/)
  plain.type('exit')
  plain.press('Enter')
  await plain.until(/\[left with 0\]/)
})

test('who attaches to a gateway in trouble is told so first', async () => {
  await using house = openHouse()
  await house.gateway()
  writeFileSync(house.config, '[agent]\nid = "coop"\nmodle = "x"\n')
  await until('the gateway has read the file', async () => (await house.coop(['status'])).code === 1)
  const pane = house.pane(['attach'])
  await pane.until(/! coop\.toml is not valid:[\s\S]*modle/)
})

test('a paste of 100 kB is one message, folded on the screen and whole at the model', async () => {
  await using model = await openModelServer(text => `I read ${text?.length} characters.`)
  await using house = openHouse({ modelUrl: model.url })
  const pane = house.pane(['chat'])
  await pane.until(ready)
  const text = Array.from({ length: 2_000 }, (_, index) => `line ${index} ${'x'.repeat(44)}`).join('\n')
  pane.paste(text)
  await pane.until(/paste #1 \+2000 lines/)
  pane.press('Enter')
  await pane.until(/I read \d+ characters\./)
  assert.equal(model.heard.at(-1)?.trim(), text)
  assert.match(pane.all(), /… \d+ more lines \(Ctrl-O\)/)
})

test('what is typed while the agent answers stands under the answer until its turn comes', async () => {
  const words = Array.from({ length: 60 }, (_, index) => `word${index} `)
  await using model = await openModelServer(text =>
    text?.includes('more') ? 'There is more.' : { words, pauseMs: 20 },
  )
  await using house = openHouse({ modelUrl: model.url })
  const pane = house.pane(['chat'])
  await pane.until(ready)
  pane.type('go')
  pane.press('Enter')
  await pane.until(/word5/)
  pane.type('and more?')
  pane.press('Enter')
  await pane.until(/word5[\s\S]*> and more\?/)
  const screen = await pane.until(/There is more\./)
  assert.match(screen, /word59\n\n> and more\?\n\n\s*There is more\./)
  assert.equal(screen.match(/word7 /g)?.length, 1)
})

test('a resize while text streams leaves one editor, one status line and every word', async () => {
  const words = Array.from({ length: 150 }, (_, index) => `word${index} `)
  await using model = await openModelServer(() => ({ words, pauseMs: 20 }))
  await using house = openHouse({ modelUrl: model.url })
  const pane = house.pane(['chat'])
  await pane.until(ready)
  pane.type('talk')
  pane.press('Enter')
  await pane.until(/word20/)
  for (const [columns, rows] of [
    [50, 20],
    [120, 40],
    [20, 12],
    [90, 30],
  ] as const) {
    pane.resize(columns, rows)
    await sleep(250)
  }
  const screen = await pane.until(text => /word149/.test(text) && !/writing/.test(text))
  assert.equal(screen.match(/Alice, full/g)?.length, 1)
  assert.equal(screen.match(/^─+$/gm)?.length, 2)
  const seen = new Set(pane.all().match(/word\d+/g))
  for (const word of words) assert.ok(seen.has(word.trim()), `${word}is missing`)
})

test('a terminal that stops reading holds up neither the turn nor the gateway behind it, and catches up', async () => {
  const words = Array.from({ length: 4_000 }, (_, index) => `word${index} `)
  await using model = await openModelServer(() => ({ words, pauseMs: 1 }))
  await using house = openHouse({ modelUrl: model.url })
  using terminal = openRawTerminal(house, ['chat'])
  await terminal.until('Alice, full')
  terminal.write('go\r')
  await terminal.until('word20 ')
  terminal.pause()
  const status = async () => (await house.coop(['status'])).stdout
  while (!/turns: 0 running/.test(await status()));
  assert.ok(!terminal.seen().includes('word3999'))
  terminal.resume()
  await terminal.until('word3999')
})

test('a terminal of 20 columns shows everything within its width', async () => {
  await using house = openHouse()
  const pane = house.pane(['chat'], { columns: 20, rows: 10 })
  await pane.until(/offline\/coop/)
  pane.type('what can you do?')
  pane.press('Enter')
  const screen = await pane.until(/understanding/)
  assert.ok(screen.split('\n').every(line => columnsOf(line) <= 20))
})

test('a gateway that dies mid-answer and returns is waited for, and nothing typed is lost', async () => {
  let slow = true
  await using model = await openModelServer((text): Said => {
    if (text?.includes('later')) return 'Later it is.'
    return slow ? { words: Array(500).fill('slowly '), pauseMs: 30 } : 'The whole answer.'
  })
  await using house = openHouse({ modelUrl: model.url })
  const first = await house.gateway()
  const pane = house.pane(['attach'])
  await pane.until(ready)
  pane.type('tell me')
  pane.press('Enter')
  await pane.until(/slowly slowly/)
  first.kill('SIGKILL')
  await pane.until(/gateway away/)
  pane.type('and later?')
  pane.press('Enter')
  slow = false
  await house.gateway()
  await pane.until(/The whole answer\./)
  const screen = await pane.until(/Later it is\./)
  assert.doesNotMatch(screen, /gateway away/)
  assert.equal(screen.match(/> and later\?/g)?.length, 1)
  assert.equal(screen.match(/> tell me/g)?.length, 1)
})

test('what the gateway never took is said again when its writer leaves', async () => {
  await using house = openHouse()
  const gateway = await house.gateway()
  const pane = house.pane(['attach'])
  await pane.until(ready)
  gateway.kill('SIGKILL')
  await pane.until(/gateway away/)
  pane.type('is anybody there?')
  pane.press('Enter')
  await pane.until(/> is anybody there\?/)
  pane.press('C-d')
  await pane.until(/Not sent, since the gateway was away: is anybody there\?\n\[left with 0\]/)
})

test('two clients of one session see each other’s words and the answers', async () => {
  await using house = openHouse()
  await house.gateway()
  const one = house.pane(['attach'])
  const two = house.pane(['attach'])
  await Promise.all([one.until(ready), two.until(ready)])
  one.type('hello from one')
  one.press('Enter')
  await two.until(/> hello from one\n\n\s*Hello! I am listening/)
  two.type('thanks')
  two.press('Enter')
  const screen = await one.until(/> thanks\n\n\s*You are welcome/)
  assert.equal(screen.match(/hello from one/g)?.length, 1)
})

test('what the model writes cannot move the cursor, name the window or hide behind entities', async () => {
  await using model = await openModelServer(
    () => 'safe\u001b[2J\u001b]0;stolen\u0007\u009b31m &#27;[2J &#x1b;]0;stolen&#7; **end**',
  )
  await using house = openHouse({ modelUrl: model.url })
  const pane = house.pane(['chat'])
  await pane.until(ready)
  pane.type('go')
  pane.press('Enter')
  const screen = await pane.until(/end/)
  assert.match(screen, /> go\n\n\s*safe\[2J\]0;stolen/)
})

test('Markdown is drawn: headings, lists, highlighted code and tables', async () => {
  const text =
    '# Title\n\nSome **bold** and `code`.\n\n- one\n- two\n\n```ts\nconst answer = 42\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n'
  await using model = await openModelServer(() => ({ words: text.split(/(?<= )/), pauseMs: 5 }))
  await using house = openHouse({ modelUrl: model.url })
  const pane = house.pane(['chat'], { rows: 40 })
  await pane.until(ready)
  pane.type('show')
  pane.press('Enter')
  const screen = await pane.until(/│ 1 +│ 2 +│/)
  assert.match(screen, /- one\n- two/)
  await pane.until(() => /\u001b\[36mconst/.test(pane.coloured()))
})

test('a table that streams and is taller than the screen stands in the scrollback as it ended', async () => {
  const rows = Array.from({ length: 40 }, (_, index) => `| ${index} | ${'x'.repeat(index)} | end${index} |\n`)
  const text = `| n | what | last |\n|---|---|---|\n${rows.join('')}\nThat was all.`
  await using model = await openModelServer(() => ({ words: text.split(/(?<= )/), pauseMs: 5 }))
  await using house = openHouse({ modelUrl: model.url })
  const pane = house.pane(['chat'])
  await pane.until(ready)
  pane.type('show')
  pane.press('Enter')
  await pane.until(screen => /That was all/.test(screen) && !/writing/.test(screen))
  const drawn = pane
    .all()
    .split('\n')
    .filter(line => /^[│┌├└]/.test(line))
  assert.deepEqual([...new Set(drawn.map(line => line.length))].length, 1, drawn.join('\n'))
  for (const index of rows.keys())
    assert.equal(
      drawn.filter(line => new RegExp(`│ ${index} .*end${index} `).test(line)).length,
      1,
      `row ${index}`,
    )
})

test('NO_COLOR leaves no colour', async () => {
  await using house = openHouse()
  const pane = house.pane(['chat'], { env: { NO_COLOR: '1' } })
  await pane.until(ready)
  pane.type('todo: milk')
  pane.press('Enter')
  await pane.until(/✓ todo/)
  assert.doesNotMatch(pane.coloured(), /\u001b\[[0-9;]*3[1-7]m/)
})

test('a dumb terminal, --plain and a pipe get plain lines', async () => {
  await using house = openHouse()
  const dumb = house.pane(['chat'], { env: { TERM: 'dumb' } })
  await dumb.until(/Alice, full; .*\n>/)
  dumb.type('hello')
  dumb.press('Enter')
  await dumb.until(/Hello! I am listening\.\n>/)
  dumb.press('C-d')
  await dumb.until(/\[left with 0\]/)
  const plain = house.pane(['--plain', '--user', 'Bob'])
  await plain.until(/Bob, familiar; .*\n>/)
  const piped = await house.coop(['chat'], 'hello\n')
  assert.deepEqual([piped.code, piped.stdout], [0, 'Hello! I am listening.\n'])
})

test('tool steps fold into a line and unfold with Ctrl-O', async () => {
  await using house = openHouse()
  const pane = house.pane(['chat'], { rows: 30 })
  await pane.until(ready)
  pane.type('todo: milk; bread')
  pane.press('Enter')
  const folded = await pane.until(/✓ todo[\s\S]*\[ \] bread/)
  assert.equal(folded.match(/\[ \] milk/g)?.length, 1)
  pane.press('C-o')
  await pane.until(text => text.match(/\[ \] milk/g)?.length === 2)
  pane.press('C-o')
  await pane.until(text => text.match(/\[ \] milk/g)?.length === 1)
})

test('commands, models and people complete', async () => {
  await using house = openHouse()
  const pane = house.pane(['chat'])
  await pane.until(ready)
  // What completes is asked for once the screen stands.
  await until('the commands', () => {
    pane.press('C-u')
    pane.type('/who')
    return pane.until(/whoami/, 1_000).catch(() => null)
  })
  pane.press('Tab')
  pane.press('Enter')
  await pane.until(/You are Alice/)
  pane.type('/model off')
  await pane.until(/→ offline\/coop/)
  pane.press('Escape')
  await pane.until(text => !/→ offline/.test(text))
  pane.press('C-u')
  pane.type('tell @Bo')
  await pane.until(/→ Bob/)
  pane.press('Tab')
  await pane.until(/tell Bob/)
})

test('what was typed while it started is sent, not left in the editor', async () => {
  await using house = openHouse()
  const pane = house.pane(['chat'])
  pane.type('hello there')
  pane.press('Enter')
  await pane.until(/I am listening/)
})

test('a question that waits is asked above the editor, a yes lets it happen, and a y among other letters does not', async () => {
  await using house = openHouse()
  const pane = house.pane(['chat'])
  await pane.until(ready)
  pane.type('tell Bob that dinner is ready')
  pane.press('Enter')
  const asked = await pane.until(/y yes +n no, then Enter +Esc later/)
  assert.equal(asked.match(/Send this to Bob\?/g)?.length, 1, asked)
  pane.type('my own words, n or y')
  pane.press('Enter')
  await pane.until(/That is neither[\s\S]*my own words, n or y/)
  pane.press('C-u', 'n', 'Enter')
  await pane.until(/Send this to Bob\?\s+dinner is ready\s+Denied\./)
  pane.type('tell Bob that supper is late')
  pane.press('Enter')
  await pane.until(/Send this to Bob\?\s+supper is late[\s\S]*y yes/)
  pane.press('y', 'Enter')
  await pane.until(/On its way to Bob/)
  const bob = house.pane(['attach', '--user', 'Bob'])
  await bob.until(text => /Alice says: supper is late/.test(text) && !/dinner/.test(text))
})

test('a question is asked once on each screen, waits after Esc, and goes where another answered it', async () => {
  await using house = openHouse()
  await house.gateway()
  const one = house.pane(['attach'], { rows: 40 })
  const two = house.pane(['attach'], { rows: 40 })
  await Promise.all([one.until(ready), two.until(ready)])
  one.type('tell Bob that dinner is ready')
  one.press('Enter')
  const asks = /Send this to Bob\?\s+dinner is ready\s+y yes/
  for (const pane of [one, two])
    assert.equal((await pane.until(asks)).match(/Send this to Bob\?/g)?.length, 1)
  const late = house.pane(['attach'], { rows: 40 })
  assert.equal((await late.until(asks)).match(/Send this to Bob\?/g)?.length, 1)
  two.press('Escape')
  await two.until(/dinner is ready\s+It waits; \/approve (\w{6}) or \/deny \1 answers it\./)
  late.type('y')
  late.press('Enter')
  await late.until(/Send this to Bob\?\s+dinner is ready\s+Approved\./)
  await one.until(text => /This is no longer asked\./.test(text) && !/y yes/.test(text))
})

test('a yes for ten minutes is given where a question offers it', async () => {
  await using house = openHouse({
    toml: '\n[[tools.approve.rules]]\ntool = "schedule"\nanswer = "ask"\n',
  })
  const pane = house.pane(['chat'], { rows: 40 })
  await pane.until(ready)
  pane.type('remind me in 2 hours to drink')
  pane.press('Enter')
  await pane.until(/10m yes, and for ten minutes also schedule to create/)
  pane.type('10m')
  pane.press('Enter')
  await pane.until(/Approved, and for 10 minutes also schedule to create/)
})

test('/help lists the gateway’s commands, this client’s own and its keys', async () => {
  await using house = openHouse()
  const pane = house.pane(['chat'], { columns: 120, rows: 80 })
  await pane.until(ready)
  pane.type('/help')
  pane.press('Enter')
  const screen = await pane.until(/Ctrl-T — switches/)
  for (const line of [/^\/whoami — /m, /^\/search TEXT — /m, /^Ctrl-O — unfolds/m]) assert.match(screen, line)
  assert.equal(screen.match(/^\/sessions — /gm)?.length, 1)
})

test('Ctrl-R searches the conversation, and Ctrl-T switches to another', async () => {
  await using house = openHouse()
  const pane = house.pane(['chat'])
  await pane.until(ready)
  for (const words of ['the red bicycle', 'a green boat']) {
    pane.type(words)
    pane.press('Enter')
    await pane.until(new RegExp(`You wrote: “${words}”`))
  }
  pane.press('C-r')
  await pane.until(/Search:/)
  pane.type('red bicycle')
  await pane.until(text => !/→.*green/.test(text))
  pane.press('Down', 'Enter')
  await pane.until(/─\nthe red bicycle\n─/)
  pane.press('C-u')
  pane.press('C-t')
  await pane.until(/Switch to[\s\S]*Alice {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}\(this one\)/)
  pane.press('Enter')
  await pane.until(/— direct:alice —/)
})

test('the history of a session comes back on attach, and Up brings back what was written', async () => {
  await using house = openHouse()
  await house.coop(['chat', '-m', 'the blue door is ajar'])
  const pane = house.pane(['chat'])
  await pane.until(/> the blue door is ajar\n\n\s*You wrote/)
  pane.press('Up')
  await pane.until(/─\nthe blue door is ajar\n─/)
})

test('an image named by its path is sent with the message', async () => {
  await using house = openHouse()
  writeFileSync(join(house.dir, 'cat 1.png'), 'not much of a picture')
  const pane = house.pane(['chat'])
  await pane.until(ready)
  pane.type("look at 'cat 1.png'")
  pane.press('Enter')
  await pane.until(/with cat 1\.png/)
})

/** Columns of a line on the screen; tmux pads nothing, so wide characters count two. */
function columnsOf(line: string): number {
  return [...new Intl.Segmenter().segment(line)].reduce(
    (sum, { segment }) =>
      sum +
      (/[\u1100-\u115f\u2e80-\u9fff\uac00-\ud7a3\uff00-\uff60\u{1f300}-\u{1faff}]/u.test(segment) ? 2 : 1),
    0,
  )
}
