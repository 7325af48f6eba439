// Markdown on Discord: its own stays, what it lacks becomes what it has.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { format } from '../../../channels/discord/format.ts'
import { markdownBits, wordsSaid } from '../../support/markdown.ts'

test('format leaves Discord’s own Markdown alone and makes tables readable', () => {
  const own =
    '# Title\n\n**bold** _it_ ~~no~~ `a || b` [a](https://example.org)\n\n> said\n\n- a\n  - b\n\n```ts\n| a | b |\n|---|---|\n#### x\n```'
  assert.equal(format(own), own)
  assert.equal(
    format('Look:\n\n| a | b |\n|---|--:|\n| x | 1 |\n\nDone.'),
    'Look:\n\n```\na  b\n─  ─\nx  1\n```\n\nDone.',
  )
})

const shown: readonly (readonly [what: string, markdown: string, shown: string])[] = [
  ['a picture is its address', '![cat](https://example.org/c.png)', '[cat](https://example.org/c.png)'],
  ['a picture without words too', '![](https://example.org/c.png)', 'https://example.org/c.png'],
  [
    'a picture that leads somewhere is that',
    '[![sign](https://example.org/s.svg)](https://example.org)',
    '[sign](https://example.org)',
  ],
  ['a heading deeper than Discord has is bold', '#### **Deep** one ##', '**Deep one**'],
  ['a heading by underlining gets its signs', 'Title\n=====\n\nSub\n---\ntext', '# Title\n\n## Sub\ntext'],
  ['a rule is a line', 'a\n\n---\n\nb', 'a\n\n———\n\nb'],
  ['boxes are boxes', '- [ ] a\n  - [x] b', '- ☐ a\n  - ☑ b'],
  ['bold by underscores is not underlined', '__bold__ and __init__.py', '**bold** and __init__.py'],
  ['two bars hide nothing', 'a || b || c', 'a \\|\\| b \\|\\| c'],
  ['a fence of tildes is one of backticks', '~~~js\na || b\n~~~', '```js\na || b\n```'],
  ['a fence in a fence stays inside', '````md\n```js\nx\n```\n````', '```md\n`\u200b``js\nx\n`\u200b``\n```'],
  [
    'what cannot be followed stands behind its words',
    '[file](./a.md), [mail](mailto:a@b.org), [here](#x)',
    'file (./a.md), mail (a@b.org), here',
  ],
  [
    'a link by reference gets its address',
    'See [it][1] and [that].\n\n[1]: https://example.org\n[that]: https://example.com',
    'See [it](https://example.org) and [that](https://example.com).',
  ],
]
for (const [what, markdown, wanted] of shown)
  test(`format: ${what}`, () => assert.equal(format(markdown), wanted))

test('format leaves nothing out that was said, and never throws', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...markdownBits), { maxLength: 60 }), pieces => {
      const markdown = pieces.map((piece, index) => piece.replace('word', `word${index}x`)).join('')
      const text = format(markdown)
      for (const word of wordsSaid(markdown)) assert.ok(text.includes(word), word)
    }),
    { numRuns: 300 },
  )
})
