// Adds and removes single keys by whole lines, where that is all it takes: comments keep their places.
import { parse, stringify } from 'smol-toml'
import { lineOf } from './locate.ts'

type Table = Record<string, unknown>
type Path = readonly (string | number)[]

/** The text with keys that are new in `wanted` added and those that are gone removed, as far as whole lines do it. */
export function editLines(text: string, wanted: Table): string {
  let now = text
  for (const { path, value } of differences(parse(text), wanted, [])) {
    const next = value === undefined ? without(now, path) : withKey(now, path, value)
    if (next !== null && isAsMeant(now, next, path, value)) now = next
  }
  return now
}

interface Difference {
  readonly path: Path
  /** Undefined when the key is gone. */
  readonly value: unknown
}

export const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
const isPlain = (value: unknown): boolean =>
  Array.isArray(value) ? value.every(isPlain) : !isTable(value) && value !== undefined

/** Plain keys that only one side has, in tables that both have. */
function differences(before: unknown, after: unknown, path: Path): Difference[] {
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return before.flatMap((item, index) => differences(item, after[index], [...path, index]))
  if (!isTable(before) || !isTable(after)) return []
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].flatMap(name => {
    const [from, to] = [before[name], after[name]]
    if (from === undefined && isPlain(to)) return [{ path: [...path, name], value: to }]
    if (to === undefined && isPlain(from)) return [{ path: [...path, name], value: undefined }]
    return differences(from, to, [...path, name])
  })
}

/** The 0-based line on which exactly this key stands. */
function lineOfKey(text: string, path: Path): number | null {
  const line = lineOf(text, path)
  if (line === undefined) return null
  const name = RegExp.escape(String(path.at(-1)))
  return new RegExp(`^\\s*["']?${name}["']?\\s*=`).test(text.split('\n')[line - 1]!) ? line - 1 : null
}

function without(text: string, path: Path): string | null {
  const line = lineOfKey(text, path)
  return line === null ? null : text.split('\n').toSpliced(line, 1).join('\n')
}

/** After the last key of its table. */
function withKey(text: string, path: Path, value: unknown): string | null {
  const table = at(parse(text), path.slice(0, -1))
  if (!isTable(table)) return null
  const lines = Object.keys(table).flatMap(name => lineOfKey(text, [...path.slice(0, -1), name]) ?? [])
  if (lines.length === 0) return null
  const written = stringify({ [String(path.at(-1))]: value }).trimEnd()
  return text
    .split('\n')
    .toSpliced(Math.max(...lines) + 1, 0, written)
    .join('\n')
}

const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, part) => (inner as Table | undefined)?.[part], value)

/** Whether nothing but the key changed. */
function isAsMeant(before: string, after: string, path: Path, value: unknown): boolean {
  try {
    const meant = parse(before)
    const table = at(meant, path.slice(0, -1)) as Table
    if (value === undefined) delete table[path.at(-1)!]
    else table[path.at(-1)!] = value
    return JSON.stringify(sorted(meant)) === JSON.stringify(sorted(parse(after)))
  } catch {
    return false
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isTable(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map(name => [name, sorted(value[name])]),
  )
}
