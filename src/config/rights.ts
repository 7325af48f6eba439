// Who may make a change by chat: what its keys say, the strictest first.
import type { z } from 'zod'
import { type Change, shapeOf } from './diff.ts'
import { factsOf, type KeyMeta } from './keys.ts'
import { configSchema } from './schema.ts'

export type Right = KeyMeta['by']

const order: readonly Right[] = ['chat', 'approval', 'terminal']

/** The strictest of the rights given; `chat` when there are none. */
export const strictest = (rights: readonly Right[]): Right =>
  order.findLast(right => rights.includes(right)) ?? 'chat'

/** What one change needs. Adding or removing an entry of a list needs at least an approval. */
export function rightOf(change: Change): Right {
  if (change.facts) return change.facts.by
  const schema = schemaAt(change.path.slice(0, -1))
  return strictest(['approval', ...rightsIn(shapeOf(schema).element, change.after ?? change.before)])
}

/** The schema of a path; names of list entries stand for the entry. Undefined when there is none. */
export function schemaAt(path: readonly string[]): z.ZodType | undefined {
  let schema: z.ZodType | undefined = configSchema
  for (const part of path) {
    if (schema && factsOf(schema)) return schema
    const { shape, element } = shapeOf(schema)
    schema = shape ? shape[part] : element
  }
  return schema
}

function rightsIn(schema: z.ZodType | undefined, value: unknown): Right[] {
  if (!schema || isEmpty(value)) return []
  const facts = factsOf(schema)
  if (facts) return [facts.by]
  const { shape, element } = shapeOf(schema)
  if (element) return (value as unknown[]).flatMap(entry => rightsIn(element, entry))
  return Object.entries(shape ?? {}).flatMap(([name, inner]) =>
    rightsIn(inner, (value as Record<string, unknown>)[name]),
  )
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
