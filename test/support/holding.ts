// Which files hold some bytes: for tests that nothing is left of something.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The files below `folder` that hold `text`. */
export const filesHolding = (folder: string, text: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => holds(path, text))

function holds(path: string, text: string): boolean {
  try {
    return readFileSync(path).includes(text)
  } catch {
    // It went meanwhile.
    return false
  }
}
