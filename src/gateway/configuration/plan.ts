// What a change of the configuration would do: its lines, who has to agree, and whether anyone gets more.
import { levels } from '../../access/levels.ts'
import { priceOf } from '../../agent/models/catalogue.ts'
import { type Change, changeLine, diffSettings } from '../../config/diff.ts'
import { type Edit, editText } from '../../config/edit.ts'
import { type Config, configFrom } from '../../config/load.ts'
import { type Right, rightOf, strictest } from '../../config/rights.ts'

export interface Plan {
  readonly next: Config
  readonly changes: readonly Change[]
  /** What people read, one line a change. */
  readonly lines: readonly string[]
  readonly right: Right
  /** In words, who would get more or what would cost more. */
  readonly widening: readonly string[]
  /** Keys that take effect only after a restart. */
  readonly cold: readonly string[]
}

/** The plan of `edits` on `now`. Throws a `CoopError` that names key and line for what is not valid. */
export const planEdits = (now: Config, edits: readonly Edit[]): Plan =>
  planText(now, editText(now.text, edits))

/** The plan of replacing the whole text. */
export function planText(now: Config, text: string): Plan {
  const next = configFrom(text, now.path, now.household.revision + 1)
  const changes = diffSettings(now.settings, next.settings)
  const widening = changes.flatMap(change => widens(change))
  const right = strictest(changes.map(rightOf))
  return {
    next,
    changes,
    lines: changes.map(changeLine),
    right: right === 'chat' && widening.length > 0 ? 'approval' : right,
    widening,
    cold: changes.filter(change => change.facts?.hot === false).map(change => change.key),
  }
}

function widens({ key, path, before, after, facts }: Change): string[] {
  const [table, name] = path
  const last = path.at(-1)
  const known = (value: unknown) => (levels as readonly unknown[]).indexOf(value)
  if (facts === undefined) return after === undefined ? [] : [`${table} gets a new entry, ${name}`]
  if (known(after) > known(before) && (last === 'trust' || last === 'ceiling' || last === 'default_trust'))
    return [`${key} rises to ${String(after)}`]
  if (last === 'model' || last === 'fast' || last === 'aliases') {
    const models = (value: unknown): string[] =>
      typeof value === 'string' ? [value] : Object.values((value ?? {}) as Record<string, string>)
    const dearest = (value: unknown) => Math.max(0, ...models(value).map(pricePerMillion))
    if (dearest(after) > dearest(before)) return [`${key} costs more`]
  }
  return []
}

/** US dollars for a million tokens in and out; a model of unknown price counts as dear, the offline one as free. */
function pricePerMillion(model: string): number {
  if (model.startsWith('offline/')) return 0
  return priceOf(model, { input: 1e6, output: 1e6, cacheRead: 0, cacheWrite: 0 }) || 1_000
}
