// The schema as a list of keys: path, type, default, and what is said of each; docs/config.md is written from it.
import type { z } from 'zod'
import { factsOf, type KeyMeta } from './keys.ts'
import { unwrapped } from './parse.ts'
import { configSchema } from './schema.ts'

export interface DescribedKey extends KeyMeta {
  /** The table it stands in, as it is written: "agent", "[users]" for an array of tables. */
  readonly table: string
  readonly name: string
  readonly type: string
  /** TOML of the default; undefined if the key has none. */
  readonly fallback: string | undefined
  readonly required: boolean
}

interface Def {
  readonly type: string
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly element?: z.ZodType
  readonly valueType?: z.ZodType
  readonly entries?: Readonly<Record<string, string>>
  readonly options?: readonly z.ZodType[]
  readonly values?: readonly unknown[]
}

const defOf = (schema: z.ZodType): Def => unwrapped(schema)!._zod.def as Def

/** Every key of coop.toml, in the order of the schema. */
export function describeKeys(): DescribedKey[] {
  return keysIn(configSchema, [])
}

/** docs/config.md. */
export function configPage(): string {
  const tables = Map.groupBy(describeKeys(), described => described.table)
  const sections = [...tables].map(([name, keys]) => {
    const rows = keys.map(({ name: key, type, fallback, required, description, hot, by }) => {
      const shown = required ? 'required' : fallback === undefined ? '' : `\`${fallback}\``
      return `| \`${key}\` | ${cell(type)} | ${cell(shown)} | ${cell(description)} | ${hot ? 'at once' : 'restart'} | ${by} |`
    })
    return `## [${name}]\n\n| key | type | default | what it is | takes effect | by chat |\n|---|---|---|---|---|---|\n${rows.join('\n')}\n`
  })
  return `${intro}\n${sections.join('\n')}`
}

const intro = `# coop.toml

<!-- Written from src/config/schema.ts by \`npm run docs\`; a test holds it to that. -->

Only \`[agent]\` with an \`id\` is required. An unknown key is an error that names the nearest known one. A secret is never written here, only the variable that holds it: \`"env:NAME"\`. Paths are relative to the folder of coop.toml. What a key's last column says: *chat*, a fully trusted person changes it by asking; *approval*, after their yes to the exact change; *terminal*, only at the terminal.
`

const cell = (text: string): string => text.replaceAll('|', '\\|')

function keysIn(schema: z.ZodType, path: readonly string[]): DescribedKey[] {
  return Object.entries(defOf(schema).shape ?? {}).flatMap(([name, inner]) => {
    const facts = factsOf(inner)
    if (facts) return [describe(inner, facts, path, name)]
    const { type, element } = defOf(inner)
    return type === 'array' && element
      ? keysIn(element, [...path, `[${name}]`])
      : keysIn(inner, [...path, name])
  })
}

function describe(schema: z.ZodType, facts: KeyMeta, path: readonly string[], name: string): DescribedKey {
  const { description, hot, by } = facts
  const given = schema.safeParse(undefined)
  const fallback = given.success && given.data !== undefined ? JSON.stringify(given.data) : undefined
  return {
    table: tableName(path),
    name,
    type: typeOf(schema),
    fallback,
    required: !given.success,
    description,
    hot,
    by,
  }
}

/** "[users]" for an array of tables, so that a heading reads as it is written. */
const tableName = (path: readonly string[]): string => {
  const plain = path.map(part => part.replace(/^\[|\]$/g, '')).join('.')
  return path.some(part => part.startsWith('[')) ? `[${plain}]` : plain
}

function typeOf(schema: z.ZodType): string {
  const def = defOf(schema)
  switch (def.type) {
    case 'enum':
      return Object.keys(def.entries ?? {}).join(' | ')
    case 'literal':
      return (def.values ?? []).join(' | ')
    case 'union':
      return (def.options ?? []).map(typeOf).join(' or ')
    case 'array':
      return `list of ${def.element ? typeOf(def.element) : 'values'}`
    case 'record':
      return `table of ${def.valueType ? typeOf(def.valueType) : 'values'}`
    case 'object':
      return `{ ${Object.keys(def.shape ?? {}).join(', ')} }`
    default:
      return def.type
  }
}
