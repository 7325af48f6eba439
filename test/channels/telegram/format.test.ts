// Markdown on Telegram: marks become entities over the right words.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readable } from '../../../channels/readable.ts'
import { format } from '../../../channels/telegram/format.ts'
import { markdownBits, wordsSaid } from '../../support/markdown.ts'
import { faultOfEntities } from '../../support/telegram-entities.ts'

/** Each entity with the words it covers. */
function marks(markdown: string): string[] {
  const { text, entities } = format(markdown)
  return entities.map(entity => `${entity.type}: ${text.slice(entity.offset, entity.offset + entity.length)}`)
}

test('format marks bold, italic, struck, code and links, one inside another', () => {
  assert.equal(format('A **b _c_** ~~d~~ `e<f` [g](https://example.org)').text, 'A b c d e<f g')
  assert.deepEqual(marks('A **b _c_** ~~d~~ `e<f` [g](https://example.org)').sort(), [
    'bold: b c',
    'code: e<f',
    'italic: c',
    'strikethrough: d',
    'text_link: g',
  ])
})

test('format keeps code as it stands, with its language, and counts emoji as Telegram does', () => {
  const { text, entities } = format('👩‍👩‍👧 see\n\n```ts\nlet a = "*b*"\n```')
  assert.equal(text, '👩‍👩‍👧 see\n\nlet a = "*b*"')
  assert.deepEqual(entities, [{ type: 'pre', language: 'ts', offset: 14, length: 13 }])
})

test('format shows headings bold, lists with bullets, boxes ticked or not, and quotes as quotes', () => {
  assert.equal(
    format('# Day\n\n- one\n- two\n  - three\n\n1. x\n2. y\n\n- [ ] todo\n- [x] done\n\n> said').text,
    'Day\n\n• one\n• two\n   • three\n\n1. x\n2. y\n\n☐ todo\n☑ done\n\nsaid',
  )
  assert.deepEqual(marks('# Day\n\n> said'), ['bold: Day', 'blockquote: said'])
})

test('format leaves words with underscores and addresses as they are', () => {
  assert.deepEqual(format('snake_case_word https://example.org/a_b_c'), {
    text: 'snake_case_word https://example.org/a_b_c',
    entities: [],
  })
})

test('format keeps what belongs to a list item under it, and a block of code without its indentation', () => {
  assert.equal(
    format('1. First\n   - a\n\n     more of a\n2. Second\n\n   ```sh\n   npm i\n     ls\n   ```\n3. Third')
      .text,
    '1. First\n   • a\n      more of a\n2. Second\nnpm i\n  ls\n3. Third',
  )
  assert.deepEqual(marks('- item\n  > quoted\n- next'), ['blockquote: quoted'])
})

test('format shows a quote in a quote by a line, for Telegram has none', () => {
  assert.deepEqual(marks('> first\n>> second'), ['blockquote: first\n\n│ second'])
})

test('format ends a mark before code and begins it anew behind, for code stands in no other mark', () => {
  assert.deepEqual(marks('**use `x` now** and [`it`](https://example.org)').sort(), [
    'bold:  now',
    'bold: use ',
    'code: x',
    'text_link: it',
  ])
})

test('format links what can be followed, and writes other addresses behind their words', () => {
  assert.deepEqual(marks('[X (Y)](https://example.org/X_(Y)) and [a \\[b\\]](https://example.org/?q=[1])'), [
    'text_link: X (Y)',
    'text_link: a [b]',
  ])
  assert.deepEqual(
    format('[file](./a.md) [mail](mailto:a@b.org) [here](#x) [loc](http://localhost:3000) <a@b.org>'),
    { text: 'file (./a.md) mail (a@b.org) here loc (http://localhost:3000) a@b.org', entities: [] },
  )
})

test('format takes what is nested deeper than any person would as text', () => {
  for (const bit of ['> ', '- ', '1. ']) assert.equal(typeof format(bit.repeat(2_000)).text, 'string')
})

test('format marks only what Telegram takes, leaves nothing out that was said, and never throws', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...markdownBits), { maxLength: 60 }), pieces => {
      const markdown = pieces.map((piece, index) => piece.replace('word', `word${index}x`)).join('')
      const { text, entities } = format(readable(markdown))
      assert.ok(text.length <= 4096)
      assert.equal(faultOfEntities(text, entities), null)
      const shown = `${text} ${JSON.stringify(entities)}`
      for (const word of wordsSaid(markdown)) assert.ok(shown.includes(word), word)
    }),
    { numRuns: 300 },
  )
})

test('format leaves what is nested deeper than anybody reads as it was written', () => {
  const deep = `${'>'.repeat(4_000)} x`
  assert.equal(format(deep).text, deep)
})
