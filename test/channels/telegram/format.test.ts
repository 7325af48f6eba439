// Markdown on Telegram: marks become entities over the right words.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { format } from '../../../channels/telegram/format.ts'

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

test('format never marks beyond the text, never exceeds the limit of what fits, and never throws', () => {
  const bits = fc.constantFrom(
    '**',
    '_',
    '`',
    '```\n',
    '\n',
    '\n\n',
    '| a | b |\n|---|---|\n',
    '> ',
    '- ',
    '[',
    '](http://x.y)',
    'word ',
    '👋',
    '# ',
    '~~',
    '\\',
  )
  fc.assert(
    fc.property(fc.array(bits, { maxLength: 60 }), pieces => {
      const markdown = pieces.join('')
      const { text, entities } = format(markdown)
      assert.ok(text.length <= 4096)
      for (const { offset, length } of entities) {
        assert.ok(offset >= 0 && length > 0 && offset + length <= text.length)
        assert.ok(text.slice(offset, offset + length).isWellFormed())
      }
    }),
  )
})

test('format leaves what is nested deeper than anybody reads as it was written', () => {
  const deep = `${'>'.repeat(4_000)} x`
  assert.equal(format(deep).text, deep)
})
