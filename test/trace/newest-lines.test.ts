// The newest lines of a rolled file are whole, in order, and no more than was asked for.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { newestLines } from '../../src/trace/newest-lines.ts'

test('newestLines goes back over rotated files, and gives no line that is cut', t => {
  const folder = mkdtempSync(join(tmpdir(), 'coop-lines-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'coop.log')
  assert.deepEqual(newestLines(path, 100), [])
  writeFileSync(`${path}.20260101`, 'the oldest\n')
  writeFileSync(`${path}.20260102`, 'eins\nzwölf\n')
  writeFileSync(path, 'one\ntwo\n')
  assert.deepEqual(newestLines(path, 1_000), ['the oldest', 'eins', 'zwölf', 'one', 'two'])
  assert.deepEqual(newestLines(path, 8), ['one', 'two'])
  assert.deepEqual(newestLines(path, 7), ['two'])
  for (const bytes of [16, 17, 18, 19]) assert.ok(!newestLines(path, bytes).includes('eins'), String(bytes))
  assert.deepEqual(newestLines(path, 16).slice(-3), ['zwölf', 'one', 'two'])
})
