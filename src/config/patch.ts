// Changes a coop.toml in place: comments, order and everything not named stay as they are.
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, realpathSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { patch } from '@decimalturn/toml-patch'
import { parse, stringify } from 'smol-toml'
import { CoopError, messageOf } from '../errors.ts'
import { editLines } from './lines.ts'

export type RawConfig = Record<string, unknown> & { users?: RawUser[] }
export interface RawUser {
  name: string
  id?: string
  trust: string
  match?: string[]
}

/** The text with `change` applied to its values. Throws `config_syntax` if the text is not TOML. */
export function patchText(text: string, change: (raw: RawConfig) => void): string {
  try {
    const raw = parse(text) as RawConfig
    change(raw)
    const before = parse(text)
    for (const [name, value] of Object.entries(raw)) {
      if (isTables(before[name]) && Array.isArray(value) && value.length === 0) delete raw[name]
    }
    const fresh = Object.entries(raw).filter(([name, value]) => before[name] === undefined && isTables(value))
    const lines = editLines(text, raw)
    if (fresh.length === 0) return patch(lines, raw)
    const names = fresh.map(([name]) => name)
    const rest = Object.fromEntries(Object.entries(raw).filter(([name]) => !names.includes(name)))
    return `${patch(lines, rest).trimEnd()}\n\n${stringify(Object.fromEntries(fresh))}`
  } catch (cause) {
    throw new CoopError('config_syntax', `coop.toml cannot be changed: ${messageOf(cause)}`, { cause })
  }
}

/** A list of tables: the first of its kind is written at the end, where it cuts nothing in two. */
const isTables = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(item => typeof item === 'object' && item !== null)

/** Replaces the file in one step, through a link if it is one, so that a reader sees the old or the new. */
export const writeAtomically = (path: string, text: string): void => writeNew(realpathSync(path), text, 0o600)

/** Puts a file in the place of what stands there, a link included, in one step. */
export function writeNew(real: string, text: string, mode: number): void {
  const draft = `${real}.${randomBytes(4).toString('hex')}`
  const file = openSync(draft, 'wx', mode)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, real)
  const folder = openSync(dirname(real), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
