// Tables for platforms that have none.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { withoutTables } from '../../channels/table.ts'

test('a narrow table is aligned in a block of code, its cells without their marks', () => {
  assert.equal(
    withoutTables('Look:\n\n| a | b |\n|---|--:|\n| x | **1** |\n\nDone.'),
    'Look:\n\n```\na  b\n─  ─\nx  1\n```\n\nDone.',
  )
})

test('a table too wide for a phone is told row by row, its cells with their marks', () => {
  const wide = `| name | words |\n|---|---|\n| **Alice** | ${'long '.repeat(15)} |`
  assert.match(withoutTables(wide), /^name: \*\*Alice\*\*\nwords: long /)
})

test('a row with more cells than there are columns loses none of them', () => {
  const table = '| a | b |\n|---|---|\n| x | y | z |'
  assert.equal(withoutTables(table), `\`\`\`\n${table}\n\`\`\``)
})

test('what is no table, or one in a block of code, stays as it is', () => {
  const code = '```\n| a | b |\n|---|---|\n| x | y |\n```'
  for (const text of [code, 'a | b', '---|---', '| a |']) assert.equal(withoutTables(text), text)
})

test('pages of blanks, dashes and bars are text like any other', () => {
  for (const text of ['\n', ' ', '-', '| ', ' |\n', '>'].map(sign => `x${sign.repeat(100_000)}x`))
    assert.equal(withoutTables(text), text)
})

test('words around a table are kept, whatever they are', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z ]{1,40}$/), fc.stringMatching(/^[a-z ]{1,40}$/), (before, after) => {
      const shown = withoutTables(`${before.trim()}x\n\n| a | b |\n|---|---|\n| c | d |\n\n${after.trim()}y`)
      assert.ok(
        shown.startsWith(`${before.trim()}x\n\n\`\`\``) && shown.endsWith(`\`\`\`\n\n${after.trim()}y`),
      )
    }),
  )
})
