// Markdown as Signal shows it: styles, mentions, and nothing that a phone would refuse.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { format } from '../../../channels/signal/format.ts'
import { split } from '../../../src/delivery/split.ts'

const styles = ['none', 'bold', 'italic', 'spoiler', 'strikethrough', 'monospace']

/** Each styled stretch, as its style and its words. */
const styled = (markdown: string) => {
  const { text, ranges } = format(markdown)
  return {
    text,
    styles: ranges.map(range => [
      styles[range.style ?? 0],
      text.slice(range.start, (range.start ?? 0) + (range.length ?? 0)),
    ]),
  }
}

test('bold, italic, monospace, strikethrough and spoilers become styles', () => {
  assert.deepEqual(styled('**big** *thin* `code` ~~gone~~ ||butler **did** it|| 2 * 3'), {
    text: 'big thin code gone butler did it 2 * 3',
    styles: [
      ['bold', 'big'],
      ['italic', 'thin'],
      ['monospace', 'code'],
      ['strikethrough', 'gone'],
      ['spoiler', 'butler did it'],
      ['bold', 'did'],
    ],
  })
})

test('what Signal lacks becomes readable text', () => {
  const markdown =
    '# Title\n\n- one\n  - inner\n- [x] done\n\n> quoted **hard**\n> twice\n\n[here](https://example.org/a) https://example.org\n\n```js\nlet a = 1\n```'
  assert.deepEqual(styled(markdown), {
    text: 'Title\n\n• one\n   • inner\n☑ done\n\n│ quoted hard\n│ twice\n\nhere (https://example.org/a) https://example.org\n\nlet a = 1',
    styles: [
      ['bold', 'Title'],
      ['bold', 'hard'],
      ['monospace', 'let a = 1'],
    ],
  })
})

test('a name after @ is a mention among words, also in a quote, and never in code', () => {
  const aci = '00000000-0000-4000-8000-000000000001'
  const { text, ranges } = format('**hi** @Bob\n\n> well\n> said @Bob\n\n`@Bob`', [{ aci, name: 'Bob' }])
  assert.equal(text, 'hi \ufffc\n\n│ well\n│ said \ufffc\n\n@Bob')
  const mentions = ranges.filter(range => range.mentionAciBinary)
  assert.deepEqual(
    mentions.map(({ start, length }) => text.slice(start, (start ?? 0) + (length ?? 0))),
    ['\ufffc', '\ufffc'],
  )
})

test('whatever is written, ranges lie within the text, in order, and are not too many', () => {
  const piece = fc.constantFrom(
    '**',
    '*',
    '`',
    '~~',
    '||',
    '> ',
    '- ',
    '\n',
    '\n\n',
    '@Bob',
    'word',
    ' ',
    '😀',
    '```\n',
    '|a|b|\n|-|-|\n',
  )
  const members = [{ aci: '00000000-0000-4000-8000-000000000001', name: 'Bob' }]
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), pieces => {
      for (const part of split(pieces.join(''), 40)) {
        const { text, ranges } = format(part, members)
        assert.ok(ranges.length <= 250)
        let last = 0
        for (const { start = 0, length = 0, mentionAciBinary } of ranges) {
          assert.ok(start >= last && length > 0 && start + length <= text.length)
          if (mentionAciBinary) assert.equal(text.slice(start, start + length), '\ufffc')
          last = start
        }
      }
    }),
  )
})

test('text without marks stays as it is', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-zäé中 .,!?]{1,80}$/), text => {
      const plain = text.trim().replace(/^[^a-zäé中]+/, '') || 'plain'
      assert.deepEqual(format(plain), { text: plain, ranges: [] })
    }),
  )
})

test('format leaves what is nested deeper than anybody reads as it was written', () => {
  const deep = `${'>'.repeat(4_000)} x`
  assert.equal(format(deep).text, deep)
})
