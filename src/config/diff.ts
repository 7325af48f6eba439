// What differs between two configurations: one change a key, lists compared by what names their entries.
import { isDeepStrictEqual } from 'node:util'
import type { z } from 'zod'
import { factsOf, type KeyMeta } from './keys.ts'
import { unwrapped, userId } from './parse.ts'
import { configSchema, type Settings } from './schema.ts'

export interface Change {
  /** As `edit.ts` takes it: `agent.model`, `users[bob].trust`, `cron[briefing]`. */
  readonly key: string
  /** The same in parts; an entry of a list by its name. */
  readonly path: readonly string[]
  /** Undefined when it was not set. */
  readonly before: unknown
  readonly after: unknown
  /** Undefined for a whole entry of a list. */
  readonly facts: KeyMeta | undefined
}

/** What names an entry, by list. */
export const entryNames: Readonly<Record<string, (entry: never) => string>> = {
  users: (entry: { id?: string; name: string }) => userId(entry),
  groups: (entry: { match: string }) => entry.match,
  providers: (entry: { id?: string; name: string }) => entry.id ?? entry.name,
  cron: (entry: { name: string }) => entry.name,
  mcp: (entry: { name: string }) => entry.name,
  'prompt.shared_files': (entry: { path: string }) => entry.path,
  'prompt.user_files': (entry: { path: string }) => entry.path,
}

/** The name of an entry in the list at `list`, a dotted key. */
export function entryName(list: string, entry: unknown): string {
  const name = entryNames[list] as ((entry: unknown) => string) | undefined
  return name ? name(entry) : JSON.stringify(entry)
}

/** Every difference, in the order of the schema. */
export function diffSettings(before: Settings, after: Settings): Change[] {
  return compare(configSchema, { key: '', path: [] }, before, after)
}

function compare(
  schema: z.ZodType,
  { key, path }: Pick<Change, 'key' | 'path'>,
  before: unknown,
  after: unknown,
): Change[] {
  if (isDeepStrictEqual(before, after)) return []
  const facts = factsOf(schema)
  const { shape, element } = shapeOf(schema)
  if (!facts && shape)
    return Object.entries(shape).flatMap(([name, inner]) => {
      const where = { key: key ? `${key}.${name}` : name, path: [...path, name] }
      return compare(inner, where, at(before, name), at(after, name))
    })
  if (facts || !element) return [{ key, path, before, after, facts }]
  const named = (list: unknown) =>
    new Map(((list ?? []) as unknown[]).map(entry => [entryName(key, entry), entry]))
  const [old, fresh] = [named(before), named(after)]
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap(name => {
    const [from, to] = [old.get(name), fresh.get(name)]
    const where = { key: `${key}[${name}]`, path: [...path, name] }
    return from === undefined || to === undefined
      ? [{ ...where, before: from, after: to, facts: undefined }]
      : compare(element, where, from, to)
  })
}

const at = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined

/** What a table holds or a list is made of. */
export function shapeOf(schema: z.ZodType | undefined): {
  shape?: Record<string, z.ZodType>
  element?: z.ZodType
} {
  const def = unwrapped(schema)?._zod.def as
    | { shape?: Record<string, z.ZodType>; element?: z.ZodType }
    | undefined
  return { ...(def?.shape ? { shape: def.shape } : {}), ...(def?.element ? { element: def.element } : {}) }
}

/** A change on one line, as people read it: in words, since a sign before it is a list item in Markdown, whichever it is. */
export function changeLine({ key, before, after }: Change): string {
  if (before === undefined) return `new ${key} = ${shown(after)}`
  if (after === undefined) return `gone ${key} (was ${shown(before)})`
  return `${key}: ${shown(before)} → ${shown(after)}`
}

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
