// The copy of a database that a migration makes before it changes anything, to go back to an older Coop with.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const mark = '.before-'

/** Where the copy of `path` is written before it is migrated to schema `version`. */
export const copyPath = (path: string, version: number, now: number): string =>
  `${path}${mark}${version}.${now}`

/** Removes every copy of `path`: once something is to be forgotten, they hold it too. */
export function removeCopies(path: string): void {
  if (!existsSync(dirname(path))) return
  const prefix = `${basename(path)}${mark}`
  for (const name of readdirSync(dirname(path)))
    if (name.startsWith(prefix)) rmSync(join(dirname(path), name), { force: true })
}
