// A tool's schema as the model is told of it: without the limits that a call is checked against anyway, since each is paid for with every request.

/** Lengths say nothing of what to write; a call that exceeds one is answered with an error that names it. */
const unsaid = new Set(['maxLength', 'maxItems', '$schema'])

export function leanSchema(schema: unknown): Record<string, unknown> {
  return lean(schema) as Record<string, unknown>
}

function lean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lean)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      // Names of arguments are not words of the schema.
      if (name === 'properties') return [[name, eachIn(inner)]]
      return unsaid.has(name) || isAnyInteger(name, inner) ? [] : [[name, lean(inner)]]
    }),
  )
}

const eachIn = (properties: unknown): unknown =>
  Object.fromEntries(Object.entries(properties as object).map(([name, inner]) => [name, lean(inner)]))

/** The bounds of every whole number there is. */
const isAnyInteger = (name: string, value: unknown): boolean =>
  (name === 'minimum' && value === Number.MIN_SAFE_INTEGER) ||
  (name === 'maximum' && value === Number.MAX_SAFE_INTEGER) ||
  (name === 'exclusiveMinimum' && value === 0)
