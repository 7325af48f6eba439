// A file that is rotated by size, pruned by age and never throws for a full disk.
import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openRollingFile, rolledFiles } from '../../src/trace/rolling-file.ts'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'coop-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('what is written stands in the file after a flush, for its owner alone', t => {
  const path = join(folder(t), 'traces', 'a.log')
  const file = openRollingFile({ path, maxBytes: 1_000, keepDays: 1 })
  file.write('one\n')
  file.write('two\n')
  file.flush()
  assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n')
  assert.equal(statSync(path).mode & 0o077, 0)
})

test('a full file is set aside, and all of them are read oldest first', async t => {
  const path = join(folder(t), 'a.log')
  const file = openRollingFile({ path, maxBytes: 10, keepDays: 1 })
  for (const line of ['first\n', 'second\n', 'third\n']) {
    file.write(line)
    file.flush()
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  assert.equal(rolledFiles(path).length, 3)
  assert.equal(
    rolledFiles(path)
      .map(each => readFileSync(each, 'utf8'))
      .join(''),
    'first\nsecond\nthird\n',
  )
})

test('old files go when the file is opened, new ones stay', t => {
  const path = join(folder(t), 'a.log')
  const ago = Date.now() / 1000 - 3 * 86_400
  writeFileSync(`${path}.old`, 'old')
  writeFileSync(`${path}.young`, 'young')
  utimesSync(`${path}.old`, ago, ago)
  openRollingFile({ path, maxBytes: 10, keepDays: 2 })
  assert.deepEqual(
    rolledFiles(path).map(each => each.slice(path.length)),
    ['.young'],
  )
})

test('lines that cannot be written are dropped, counted, and told once the file can be written again', t => {
  const path = join(folder(t), 'a.log')
  const file = openRollingFile({ path, maxBytes: 1_000, keepDays: 1 })
  mkdirSync(path)
  file.write('lost\n')
  file.write('lost\n')
  file.flush()
  rmSync(path, { recursive: true })
  file.write('kept\n')
  file.flush()
  assert.equal(readFileSync(path, 'utf8'), '{"dropped_lines":2}\nkept\n')
  assert.deepEqual(readdirSync(join(path, '..')), ['a.log'])
})
