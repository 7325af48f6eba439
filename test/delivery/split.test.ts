// Long texts in parts: nothing lost, nothing broken in two.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { split } from '../../src/delivery/split.ts'

/** Stands between spaces: glued to an address it would be part of that. */
const link = '[a link](https://example.org/a/b?c=d)'
const emoji = ['👨‍👩‍👧‍👦', '🇵🇹', 'é', '漢字', '👋🏽']
const piece = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom(
    ...emoji,
    ` ${link} `,
    ' https://example.org/long/path ',
    '\n',
    '\n\n',
    '. ',
    ' ',
    'word '.repeat(20),
    'x'.repeat(90),
  ),
)
const prose = fc
  .array(piece, { maxLength: 40 })
  .map(pieces => pieces.join('').replaceAll(/^\s*[`~]{3,}/gm, ''))
const limit = fc.integer({ min: 40, max: 200 })

/** What platforms take. */
const limits = [2_000, 4_096] as const
const codeLine = fc.string({ unit: 'grapheme', maxLength: 60 }).map(text => text.replaceAll(/[`~\n\r]/g, ''))
const block = fc
  .tuple(
    fc.constantFrom('```', '~~~', '````'),
    fc.constantFrom('', 'ts', 'python'),
    fc.array(codeLine, { maxLength: 120 }),
  )
  .map(([mark, language, lines]) => `\n${mark}${language}\n${lines.join('\n')}\n${mark}\n`)
/** Anything that an agent may write. */
const reply = fc
  .tuple(
    fc.array(
      fc.oneof(
        prose,
        block,
        prose.map(text => `- ${text}\n`),
      ),
      { minLength: 1 },
    ),
    fc.integer({ min: 1, max: 60 }),
  )
  .map(([pieces, times]) => pieces.join('').repeat(times).slice(0, 14_000).toWellFormed())

/** The fence that is open behind `text`. */
function openBehind(text: string): { line: string; mark: string } | null {
  let open: { line: string; mark: string } | null = null
  for (const line of text.split('\n')) {
    const [, mark, info] = /^(`{3,7}(?!`)|~{3,7}(?!~))(.*)$/.exec(line) ?? []
    if (mark === undefined) continue
    if (!open) open = { line, mark }
    else if (mark.startsWith(open.mark) && info!.trim() === '') open = null
  }
  return open
}

/** Whether parts are `text` without the fences that were closed and opened at the cuts. */
function reassembles(parts: readonly string[], text: string, whole = ''): boolean {
  const [part, ...rest] = parts
  if (part === undefined) return whole === text
  const before = openBehind(whole)
  if (before && !part.startsWith(`${before.line}\n`)) return false
  const body = before ? part.slice(before.line.length + 1) : part
  // What ends with a fence may have had it, or got it at the cut.
  return [body, ...(rest.length > 0 ? closed(body) : [])].some(
    candidate => text.startsWith(candidate, whole.length) && reassembles(rest, text, whole + candidate),
  )
}

/** What a part was before a fence was closed behind it, with and without a line end of its own. */
function closed(body: string): string[] {
  const [end] = /(?:`{3,7}|~{3,7})$/.exec(body) ?? ['']
  const open = body.slice(0, body.length - end.length)
  return [open, open.replace(/\n$/, '')]
}

test('any reply is its parts put together, within what either platform takes, no character and no link torn', () => {
  for (const most of limits)
    fc.assert(
      fc.property(reply, text => {
        const parts = split(text, most)
        assert.ok(reassembles(parts, text))
        for (const part of parts) {
          assert.ok(part.length <= most)
          assert.ok(part.isWellFormed())
          assert.equal(openBehind(part) === null || part === parts.at(-1), true)
        }
        const links = (texts: readonly string[]) => texts.join('\0').split(link).length
        assert.equal(links(parts), links([text]))
      }),
      { numRuns: 60, endOnFailure: true },
    )
})

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
