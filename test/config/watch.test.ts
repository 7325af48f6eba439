// A change of the configuration is seen however it was made.
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { watchConfig } from '../../src/config/watch.ts'
import { until } from '../support/until.ts'

test('a change that the system tells nobody of is found by looking', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'coop-watch-'))
  const home = join(dir, 'home')
  try {
    cpSync(new URL('../../coop.toml.example', import.meta.url), join(home, 'coop.toml'))
    let seen = 0
    await using watching = watchConfig(join(home, 'coop.toml'), () => void seen++)
    await watching.ready
    // The watch stays with the folder that is moved away; in its place comes another.
    cpSync(home, join(dir, 'other'), { recursive: true })
    writeFileSync(join(dir, 'other', 'coop.toml'), '# other\n')
    renameSync(home, join(dir, 'old'))
    renameSync(join(dir, 'other'), home)
    await until('the first change', () => seen > 0)
    // What the move itself set off is over.
    const before = await new Promise<number>(resolve => setTimeout(() => resolve(seen), 3_000))
    writeFileSync(join(home, 'coop.toml'), '# another\n')
    await until('the second change', () => seen > before)
    assert.ok(seen > before)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
