// A temporary coop.db, and what a crash would leave of it.
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { migrationsFolder } from '../../src/package.ts'
import { openStore, type Store } from '../../src/store/store.ts'

export interface TestStore {
  readonly path: string
  readonly store: Store
  /** The store as the next start finds it if the process died now: the files as they lie on the disk. */
  afterCrash(): Store
}

export function openTestStore(t: TestContext): TestStore {
  const folder = mkdtempSync(join(tmpdir(), 'coop-'))
  const path = join(folder, 'coop.db')
  const opened = [openStore(path, migrationsFolder('coop'))]
  t.after(() => {
    for (const store of opened) store[Symbol.dispose]()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    path,
    store: opened[0]!,
    afterCrash() {
      const copy = join(folder, `crash-${opened.length}.db`)
      for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, copy + end)
      const again = openStore(copy, migrationsFolder('coop'))
      opened.push(again)
      return again
    },
  }
}
