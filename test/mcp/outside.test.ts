// Words of a tool server as they are shown: quoted, bounded, and nothing hidden in them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { asQuote, inLine, inQuotes, visible } from '../../src/mcp/outside.ts'

const hidden = /[\0-\x08\x0b-\x1f\x7f-\x9f]|\p{Default_Ignorable_Code_Point}|\p{Bidi_Control}/u
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(
      'a',
      ' ',
      '\n',
      '\r',
      '\u2028',
      '\x1b[31m',
      '\x1b]0;x\x07',
      '\u202e',
      '\u{e0041}',
      '\ud800',
      '"',
    ),
  }),
)

test('words from outside never hold what cannot be seen, nor half a character', () => {
  fc.assert(
    fc.property(texts, text => {
      for (const shown of [visible(text), inQuotes(text, 20), inLine(text, 20), asQuote(text, 10, 5)]) {
        assert.doesNotMatch(shown, hidden)
        assert.ok(shown.isWellFormed())
      }
    }),
  )
})

test('every line of a quote begins as one, whatever was quoted', () => {
  fc.assert(
    fc.property(texts, text => {
      for (const line of asQuote(text, 10, 5).split('\n')) assert.match(line, /^> /)
    }),
  )
})

test('a line and a text in quotation marks stay on one line and short', () => {
  fc.assert(
    fc.property(texts, text => {
      assert.doesNotMatch(inQuotes(text, 20), /\n/)
      assert.ok((JSON.parse(inQuotes(text, 20)) as string).length <= 21)
    }),
  )
})
