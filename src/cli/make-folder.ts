// A folder with its parents, made one by one: where none can be made, as in /proc, Node's own way of making them all never ends.
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { CoopError, isStorageFault, messageOf } from '../errors.ts'

/** Throws `file_unreadable` where none can be made. */
export function makeFolder(dir: string): void {
  if (existsSync(dir)) return
  makeFolder(dirname(dir))
  try {
    mkdirSync(dir, { mode: 0o700 })
  } catch (cause) {
    if (isStorageFault(cause)) throw cause
    throw new CoopError(
      'file_unreadable',
      `${dir} cannot be made (${messageOf(cause)}); choose another place.`,
      { cause },
    )
  }
}
