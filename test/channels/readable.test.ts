// Markdown for chats that show neither tables nor HTML nor formulas.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readable } from '../../channels/readable.ts'

test('tags that come in pairs become marks, breaks become lines, and a tag that is spoken of stays', () => {
  assert.equal(
    readable(
      'one<br>two <b>bold</b> <u>under</u> <kbd>Ctrl</kbd> H<sub>2</sub>O<!-- no --> a < b, a <div> tag',
    ),
    'one\ntwo **bold** **under** `Ctrl` H2O a < b, a <div> tag',
  )
  assert.equal(readable('<details><summary>More</summary>hidden</details>'), '**More**\nhidden')
})

test('names of characters become them, but not in code', () => {
  assert.equal(readable('A &amp; B &lt;x&gt; `&amp;`'), 'A & B <x> `&amp;`')
})

test('formulas become code, and money stays money', () => {
  assert.equal(readable('$e^{i}$ and \\(a_1 * b_1 * c\\)'), '`e^{i}` and `a_1 * b_1 * c`')
  assert.equal(readable('$$\n\\int_0^1 x_1\n$$'), '```\n\\int_0^1 x_1\n```')
  for (const text of ['$5 and $10', 'US$3_a and $4', '\\[no link\\]', '`$x^2$`', '```\n$x^2$ <b>x</b>\n```'])
    assert.equal(readable(text), text)
})

test('a table in a list or a quote stays where it stands', () => {
  assert.equal(
    readable('- item\n\n  | a | b |\n  |---|---|\n  | 1 | 2 |\n\n- other'),
    '- item\n\n  ```\n  a  b\n  ─  ─\n  1  2\n  ```\n\n- other',
  )
  assert.equal(readable('> | a | b |\n> |---|---|\n> | 1 | 2 |'), '> ```\n> a  b\n> ─  ─\n> 1  2\n> ```')
})

test('a cell of a table holds no tags', () => {
  assert.match(readable('| a | b |\n|---|---|\n| x<br>y | <b>z</b> |'), /^x y {2}z$/m)
})
