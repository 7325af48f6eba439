// What a key is for, its default, whether it is hot and who may change it: read from the schema.
import { z } from 'zod'
import { CoopError } from '../errors.ts'
import { shapeOf } from './diff.ts'
import { keyParts } from './edit.ts'
import { factsOf } from './keys.ts'
import { nearest } from './nearest.ts'
import { schemaAt } from './rights.ts'

const rights = {
  chat: 'by chat, at once',
  approval: 'by chat, after a full person’s /approve',
  terminal: 'only at the terminal',
} as const

/** Explains one key or one table. Throws `not_found` with the nearest known key. */
export function explainKey(key: string): string {
  const parts = throughLists(keyParts(key))
  const schema = schemaAt(parts)
  if (!schema) {
    const known = knownKeys(parts.slice(0, -1))
    const near = nearest(parts.at(-1) ?? '', known)
    const hint = near ? `did you mean “${near}”?` : `known there: ${known.join(', ') || 'nothing'}`
    throw new CoopError('not_found', `There is no key “${key}”; ${hint}`)
  }
  const facts = factsOf(schema)
  if (!facts) return `${key || 'coop.toml'} holds: ${knownKeys(parts).join(', ')}`
  const {
    type,
    enum: choices,
    default: standard,
  } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  const kind = choices ? choices.join(' | ') : String(type ?? 'value')
  const fallback = standard === undefined ? '' : `, ${JSON.stringify(standard)} if absent`
  return `${key} (${kind}${fallback}): ${facts.description} Takes effect ${facts.hot ? 'at once' : 'after a restart'}; changed ${rights[facts.by]}.`
}

/** `users.trust` is meant as `users[anybody].trust`. */
function throughLists(parts: readonly string[]): string[] {
  const path: string[] = []
  for (const part of parts) {
    const inner = shapeOf(shapeOf(schemaAt(path)).element).shape
    if (inner && part in inner) path.push('*')
    path.push(part)
  }
  return path
}

/** The keys inside a table, or inside an entry of a list. */
function knownKeys(path: readonly string[]): string[] {
  const { shape, element } = shapeOf(schemaAt(path))
  return Object.keys(shape ?? shapeOf(element).shape ?? {})
}
