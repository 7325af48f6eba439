// Long texts in parts: nothing lost, nothing broken in two.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { split } from '../../src/delivery/split.ts'

const piece = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom('👨‍👩‍👧‍👦', '🇵🇹', 'é', '\n', '\n\n', '. ', ' ', 'word '.repeat(20), 'x'.repeat(90)),
)
const prose = fc
  .array(piece, { maxLength: 40 })
  .map(pieces => pieces.join('').replaceAll(/^\s*[`~]{3,}/gm, ''))
const limit = fc.integer({ min: 40, max: 200 })

test('any text is its parts joined, each within the limit', () => {
  fc.assert(
    fc.property(prose, limit, (text, most) => {
      const parts = split(text, most)
      assert.equal(parts.join(''), text)
      assert.ok(parts.every(part => part.length <= most))
    }),
  )
})

test('no part begins or ends in the middle of a character, joined emoji included', () => {
  const whole = new Set([...new Intl.Segmenter().segment('👨‍👩‍👧‍👦🇵🇹é')].map(one => one.segment))
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...whole), { minLength: 1, maxLength: 60 }),
      limit,
      (signs, most) => {
        for (const part of split(signs.join(''), most))
          for (const { segment } of new Intl.Segmenter().segment(part)) assert.ok(whole.has(segment), part)
      },
    ),
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), limit, (text, most) => {
      fc.pre(text.isWellFormed())
      assert.ok(split(text, most).every(part => part.isWellFormed()))
    }),
  )
})

test('a code fence that is cut is closed in its part and opened anew, with its language, in the next', () => {
  const line = fc.string({ unit: 'grapheme-ascii', maxLength: 30 }).map(text => text.replaceAll(/[`~]/g, ''))
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 60 }),
      limit,
      fc.boolean(),
      (lines, most, after) => {
        const text = `before\n\n\`\`\`ts\n${lines.join('\n')}\n\`\`\`${after ? '\nafter' : ''}`
        const parts = split(text, most)
        for (const part of parts) {
          assert.ok(part.length <= most)
          assert.equal((part.match(/^```/gm) ?? []).length % 2, 0, part)
        }
        const code = (whole: string) => whole.replaceAll(/^```.*$/gm, '').replaceAll('\n', '')
        assert.equal(code(parts.join('\n')), code(text))
        if (parts.length > 2) assert.ok(parts.slice(1, -1).every(part => part.includes('```ts')))
      },
    ),
  )
})

test('a fence with an endless mark makes no part too long', () => {
  for (const size of [3, 7, 8, 20, 100]) {
    const parts = split(`${'`'.repeat(size)}\n${'x\n'.repeat(60)}`, 60)
    assert.ok(parts.every(part => part.length <= 60))
  }
})

test('a cut falls between paragraphs before lines, lines before sentences, sentences before words', () => {
  assert.deepEqual(split('one one one one one one\n\ntwo two two two two', 40), [
    'one one one one one one\n\n',
    'two two two two two',
  ])
  assert.deepEqual(split('one one one. one one one. two two two two two', 40), [
    'one one one. one one one. ',
    'two two two two two',
  ])
})

test('a short text and an empty one are one part', () => {
  assert.deepEqual(split('short', 40), ['short'])
  assert.deepEqual(split('', 40), [''])
})
