// A long text in parts: nothing lost, nothing torn.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { split } from '../../src/delivery/split.ts'

const word = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).filter(text => !/[`~[\]()]/.test(text)),
  fc.constantFrom(
    '👩‍👩‍👧‍👦',
    '🇵🇹',
    'naïve',
    '漢字',
    '[a link](https://example.org/a/b?c=d)',
    'https://example.org/long/path',
  ),
)
const prose = fc
  .array(fc.tuple(word, fc.constantFrom(' ', '\n', '\n\n', '. ')), { maxLength: 120 })
  .map(words => words.flat().join(''))

test('split gives parts that joined are the text again, each within the limit and well formed', () => {
  fc.assert(
    fc.property(prose, fc.integer({ min: 80, max: 400 }), (text, limit) => {
      const parts = split(text, limit)
      assert.equal(parts.join(''), text)
      for (const part of parts) {
        assert.ok(part.length <= limit)
        assert.ok(part.isWellFormed())
      }
    }),
  )
})

test('split never tears a link that fits into a part', () => {
  fc.assert(
    fc.property(prose, fc.integer({ min: 120, max: 400 }), (text, limit) => {
      const links = (parts: readonly string[]) =>
        parts.reduce(
          (sum, part) => sum + (part.match(/\[a link\]\(https:\/\/example\.org\/a\/b\?c=d\)/g)?.length ?? 0),
          0,
        )
      assert.equal(links(split(text, limit)), links([text]))
    }),
  )
})

test('split closes a code fence at each cut and opens it again with its language', () => {
  fc.assert(
    fc.property(fc.integer({ min: 20, max: 200 }), fc.integer({ min: 120, max: 400 }), (lines, limit) => {
      const code = Array.from({ length: lines }, (_, n) => `let line${n} = ${n}`)
      const parts = split(`Look:\n\n\`\`\`ts\n${code.join('\n')}\n\`\`\`\nDone.`, limit)
      for (const part of parts) {
        assert.equal((part.match(/^```/gm) ?? []).length % 2, 0)
        assert.ok(part.length <= limit)
      }
      const said = parts
        .join('\n')
        .split('\n')
        .filter(line => line.startsWith('let '))
      assert.deepEqual(said, code)
    }),
  )
})
