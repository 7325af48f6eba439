// A copy of the last configuration that was in force, for a start with a file that is broken.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CoopError } from '../errors.ts'
import type { Environment } from './environment.ts'
import { type Config, configFrom, loadConfig } from './load.ts'

export interface Loaded {
  readonly config: Config
  /** Why the file itself is not in force; null when it is. */
  readonly problem: string | null
}

const copyOf = (path: string): string => join(dirname(path), 'db', 'last-good.toml')

/** Keeps a copy of what came into force. */
export function keepLastGood(path: string, text: string): void {
  const copy = copyOf(path)
  mkdirSync(dirname(copy), { recursive: true, mode: 0o700 })
  writeFileSync(`${copy}.new`, text, { mode: 0o600 })
  renameSync(`${copy}.new`, copy)
}

/** The configuration at `path`, or the last good one with the reason. Throws when there is neither. */
export function loadOrLastGood(path: string, env?: Environment): Loaded {
  try {
    return { config: loadConfig(path, 1, env), problem: null }
  } catch (error) {
    const copy = copyOf(path)
    if (!(error instanceof CoopError) || !existsSync(copy)) throw error
    return { config: configFrom(readFileSync(copy, 'utf8'), path, 1, env), problem: error.message }
  }
}
