// What becomes of text on its way to the screen.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { imagesIn } from '../../src/terminal/attachments.ts'
import { clean, oneLine } from '../../src/terminal/clean.ts'
import { isFarewell } from '../../src/terminal/farewell.ts'
import { finishedLength, holdsTable } from '../../src/terminal/screen/markdown-parts.ts'
import { messageBlock } from '../../src/terminal/screen/message-block.ts'
import { openTheme } from '../../src/terminal/screen/theme.ts'
import { openTranscript } from '../../src/terminal/screen/transcript.ts'

const theme = openTheme(false, () => {})

test('clean leaves no control character but tab and newline, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      assert.doesNotMatch(clean(text), /[^\P{Cc}\t\n]/u)
      assert.doesNotMatch(oneLine(text, 20), /\p{Cc}/u)
    }),
  )
})

test('finishedLength never cuts inside a fence or a list, and only ever grows', () => {
  assert.equal(finishedLength('one\n\ntwo'), 5)
  assert.equal(finishedLength('one\n\n```\na\n\nb\n'), 5)
  assert.equal(finishedLength('```\na\n\nb\n```\n\nend'), 14)
  assert.equal(finishedLength('- one\n\n- two\n\n  more\n'), 0)
  const markdown = fc.array(fc.constantFrom('word ', '\n', '\n\n', '- item\n', '```\n', '  in\n', '1. x\n'))
  fc.assert(
    fc.property(markdown, markdown, (before, after) => {
      const early = finishedLength(before.join(''))
      assert.ok(finishedLength([...before, ...after].join('')) >= early || !before.join('').endsWith('\n'))
    }),
  )
})

test('a message that came in pieces is drawn like one that came whole', () => {
  const words = fc.constantFrom(
    'word ',
    '\n\n',
    'more text ',
    '**bold** ',
    '\n\n```\ncode\n\ncode\n```\n\n',
    '# Title\n\n',
  )
  fc.assert(
    fc.property(fc.array(words, { maxLength: 30 }), fc.integer({ min: 10, max: 100 }), (pieces, width) => {
      const streamed = messageBlock(theme)
      for (const piece of pieces) streamed.append(piece)
      const whole = messageBlock(theme)
      whole.settle(pieces.join(''))
      const drawn = (block: typeof whole) => block.render(width).map(line => line.trimEnd())
      assert.deepEqual(drawn(streamed), drawn(whole))
      assert.ok(streamed.render(width).every(line => line.length <= width))
    }),
    { numRuns: 50 },
  )
})

test('a table that still grows is drawn no taller than the screen, and whole once it is done', () => {
  const rows = Array.from({ length: 40 }, (_, index) => `| ${index} | ${'x'.repeat(index)} |\n`)
  const table = `Before.\n\n| n | what |\n|---|---|\n${rows.join('')}`
  const block = messageBlock(theme, () => 20)
  for (const piece of table.split(/(?<=\n)/)) {
    block.append(piece)
    const [before, ...grown] = block.render(80).filter(Boolean)
    assert.match(before ?? '', /^Before\./)
    assert.ok(grown.length <= 20, `${grown.length} lines`)
  }
  block.settle(table)
  assert.equal(block.render(80).filter(line => /x│| x+ +│|│ 0 /.test(line)).length, 40)
})

test('holdsTable tells a table from text with bars', () => {
  for (const text of ['| a |\n|---|\n', 'a | b\n--- | :-:\n1 | 2', 'so:\n\n|a|b|\n| :-- | --: |'])
    assert.ok(holdsTable(text), text)
  for (const text of ['a | b', '---\n', 'a\n---\nb', '- | -x', '```\n| a |\n```'])
    assert.ok(!holdsTable(text), text)
})

test('a transcript draws every line once, however often older ones leave the screen', () => {
  const transcript = openTranscript({ theme, self: () => 'alice', room: () => 24 })
  for (let index = 0; index < 1_000; index++) {
    transcript.take({ type: 'message', turn: null, text: `line ${index}`, at: 0, final: true })
    const lines = transcript.render(80)
    if (lines.length > 100) transcript.leave(lines.length - 50)
  }
  const last = transcript.render(80)
  assert.ok(last.length <= 100 && last.at(-1)?.startsWith('line 999'))
  transcript.showLast(200)
  assert.equal(transcript.render(40).length, 200)
})

test('what was typed here appears once, also when the gateway tells of it', () => {
  const transcript = openTranscript({ theme, self: () => 'alice', room: () => 24 })
  transcript.typed('hello')
  transcript.take({ type: 'user', text: 'hello', author: 'alice', at: 0 })
  transcript.take({ type: 'user', text: 'hello', author: 'bob', at: 0 })
  const drawn = transcript.render(80).filter(Boolean)
  assert.deepEqual(drawn, ['> hello', '> bob: hello'])
})

test('what is typed or told while a message streams stands under it, and the message stays in one piece', () => {
  const transcript = openTranscript({ theme, self: () => 'alice', room: () => 24 })
  const drawn = () =>
    transcript
      .render(80)
      .map(line => line.trimEnd())
      .filter(Boolean)
  transcript.take({ type: 'text', turn: 't', delta: 'half of' })
  transcript.typed('and then?')
  transcript.take({ type: 'notice', text: 'a notice', at: 0 })
  transcript.take({ type: 'text', turn: 't', delta: ' it' })
  assert.deepEqual(drawn(), ['half of it', 'a notice', '> and then?'])
  transcript.take({ type: 'message', turn: 't', text: 'half of it all', at: 0, final: true })
  transcript.take({ type: 'notice', text: 'later', at: 0 })
  transcript.take({ type: 'user', text: 'and then?', author: 'alice', at: 0 })
  transcript.take({ type: 'text', turn: 'u', delta: 'the answer' })
  assert.deepEqual(drawn(), ['half of it all', 'a notice', 'later', '> and then?', 'the answer'])
})

test('what was typed and refused is taken back', () => {
  const transcript = openTranscript({ theme, self: () => 'alice', room: () => 24 })
  transcript.typed('hello')
  transcript.untyped('hello')
  assert.deepEqual(transcript.render(80), [])
})

test('what was streamed and lost is drawn again, not twice', () => {
  const transcript = openTranscript({ theme, self: () => 'alice', room: () => 24 })
  transcript.take({ type: 'text', turn: 't', delta: 'half of' })
  transcript.dropStreamed()
  transcript.take({ type: 'text', turn: 't', delta: 'half of it' })
  transcript.take({ type: 'message', turn: 't', text: 'half of it', at: 0, final: true })
  assert.equal(transcript.render(80).filter(line => line.includes('half')).length, 1)
})

test('isFarewell knows the words by which people leave, and no sentence that holds them', () => {
  for (const line of ['/exit', '/quit', ' quit ', 'exit', ':q', '/bye', '/q'])
    assert.ok(isFarewell(line), line)
  for (const line of ['quit smoking', '/exit now', 'bye', 'how do I exit?', 'q'])
    assert.ok(!isFarewell(line), line)
})

test('imagesIn finds quoted, escaped and relative paths of images that exist', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coop-'))
  try {
    mkdirSync(join(folder, 'dir.png'))
    for (const name of ['a.png', 'b c.JPG', 'd.txt']) writeFileSync(join(folder, name), 'x')
    const names = (text: string) => imagesIn(text, folder).map(image => `${image.name} ${image.mime}`)
    assert.deepEqual(names(`see a.png and 'b c.JPG'`), ['a.png image/png', 'b c.JPG image/jpeg'])
    assert.deepEqual(names('b\\ c.JPG a.png a.png'), ['b c.JPG image/jpeg', 'a.png image/png'])
    assert.deepEqual(names(`file://${folder}/a.png`), ['a.png image/png'])
    assert.deepEqual(names('d.txt dir.png missing.png'), [])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
