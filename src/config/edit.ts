// Edits by key: set, add to and remove from a coop.toml, everything that is not named untouched.
import { isDeepStrictEqual } from 'node:util'
import { parse } from 'smol-toml'
import { CoopError } from '../errors.ts'
import { entryName, entryNames } from './diff.ts'
import { terminalMatch } from './household.ts'
import { isTable } from './lines.ts'
import { patchText, type RawConfig } from './patch.ts'

export interface Edit {
  /** Dotted; an entry of a list in brackets by its name: `users[bob].match`, `users[bob].match[signal:x]`. */
  readonly key: string
  /** Tables are merged, lists are added to, anything else is replaced. Null or absent removes the key. */
  readonly value?: unknown
}

type Table = Record<string, unknown>

/** Comparable, whatever made it. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** The text with the edits applied. Throws `input_invalid` for a key that names nothing. */
export function editText(text: string, edits: readonly Edit[]): string {
  let wanted: RawConfig = {}
  const changed = patchText(text, raw => {
    for (const edit of edits) apply(raw, edit)
    wanted = raw
  })
  if (!isDeepStrictEqual(plain(parse(changed)), plain(wanted)))
    throw new CoopError(
      'config_syntax',
      'coop.toml is written in a way that cannot be changed here; edit it by hand.',
    )
  return changed
}

function apply(root: Table, { key, value }: Edit): void {
  const parts = keyParts(key)
  const last = parts.pop()
  if (last === undefined)
    throw new CoopError('input_invalid', 'Name a key, like agent.model or users[bob].trust.')
  const remove = value === undefined || value === null
  let here: unknown = root
  let list = ''
  for (const part of parts) {
    const inner = Array.isArray(here) || !list ? (Array.isArray(here) ? list : part) : `${list}.${part}`
    let next = Array.isArray(here) ? entryOf(here, list, part) : (here as Table)[part]
    if (next === undefined) {
      if (remove) return
      if (Array.isArray(here)) throw new CoopError('input_invalid', `${list} has no “${part}”.`)
      next = (here as Table)[part] = inner in entryNames ? [] : {}
    }
    if (typeof next !== 'object' || next === null)
      throw new CoopError('input_invalid', `${key} names nothing: ${part} is a plain value.`)
    here = next
    list = inner
  }
  if (Array.isArray(here)) return inList(here, list, last, remove ? undefined : value)
  const table = here as Table
  const inner = list ? `${list}.${last}` : last
  if (remove) delete table[last]
  else table[last] = merged(table[last], value, inner)
  if (inner === 'users') withOwner(table)
}

/** Adds, merges or removes one entry. */
function inList(entries: unknown[], list: string, name: string, value: unknown): void {
  const found = entries.findIndex(entry => isNamed(entry, list, name))
  if (value === undefined) {
    if (found >= 0) entries.splice(found, 1)
    return
  }
  if (found >= 0) entries[found] = merged(entries[found], value, list)
  else if (typeof value === 'object' && list in entryNames) {
    if (list === 'users' && entries.length === 0) entries.push({ ...owner })
    entries.push({ ...named(list, name, value as Table), ...value })
  } else entries.push(value)
}

/** A first user must not take the terminal away from whoever sits there. */
const owner = { name: 'owner', trust: 'full', match: [terminalMatch] }
function withOwner(table: Table): void {
  const users = table.users
  if (Array.isArray(users) && !users.some(user => user.trust === 'full')) users.unshift({ ...owner })
}

/** The key that gives a new entry its name, unless the value says so itself. */
function named(list: string, name: string, value: Table): Table {
  if (list === 'users') return value.name === undefined ? { name } : {}
  if (list === 'groups') return { match: name }
  if (list.startsWith('prompt.')) return { path: name }
  return list === 'providers' ? (name === value.name ? {} : { id: name }) : { name }
}

function merged(before: unknown, value: unknown, list: string): unknown {
  if (Array.isArray(before) && Array.isArray(value)) {
    const all = [...before]
    for (const item of value) {
      const at = all.findIndex(known =>
        list in entryNames
          ? entryName(list, known) === entryName(list, item)
          : isDeepStrictEqual(known, item),
      )
      if (at < 0) all.push(item)
      else all[at] = merged(all[at], item, list)
    }
    return all
  }
  if (isTable(before) && isTable(value)) {
    const out: Table = { ...before }
    for (const [name, inner] of Object.entries(value)) {
      if (inner === null) delete out[name]
      else out[name] = merged(out[name], inner, list ? `${list}.${name}` : name)
    }
    return out
  }
  return value
}

const entryOf = (entries: readonly unknown[], list: string, name: string): unknown =>
  entries.find(entry => isNamed(entry, list, name))

const isNamed = (entry: unknown, list: string, name: string): boolean =>
  isTable(entry) && list in entryNames
    ? entryName(list, entry) === name || entry.name === name
    : String(entry) === name

/** `users[bob].max_trust.discord` to its parts. Brackets and quotes keep dots together. */
export function keyParts(key: string): string[] {
  const parts = [...key.trim().matchAll(/\[([^\]]*)\]|"([^"]*)"|([^.[\]"]+)/g)]
  return parts
    .map(found => (found[1] ?? found[2] ?? found[3]!).trim().replace(/^"(.*)"$/, '$1'))
    .filter(Boolean)
}
