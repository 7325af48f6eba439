// The part of a new configuration that takes effect now; what waits for a restart stays as it runs.
import { isDeepStrictEqual } from 'node:util'
import { diffSettings } from './diff.ts'
import { householdOf } from './household.ts'
import type { Config } from './load.ts'
import type { Settings } from './schema.ts'

export interface InForce {
  readonly config: Config
  /** Keys whose new values wait for a restart. */
  readonly waiting: readonly string[]
}

/** `next` with everything that is not hot kept from `running`. */
export function inForce(running: Config, next: Config): InForce {
  const cold = diffSettings(running.settings, next.settings).filter(change => change.facts?.hot === false)
  if (cold.length === 0) return { config: next, waiting: [] }
  const settings = structuredClone(next.settings)
  for (const { path, before } of cold) put(settings as never, path, before)
  return {
    config: {
      ...next,
      settings,
      household: householdOf(settings, next.household.revision),
      paths: running.paths,
    },
    waiting: cold.map(change => change.key),
  }
}

type Table = Record<string, unknown>

/** Sets `path` to `value`; a table that held nothing else goes with an absent value. */
function put(root: Table, path: readonly string[], value: unknown): void {
  const [name, ...rest] = path
  if (rest.length === 0) {
    if (value === undefined) delete root[name!]
    else root[name!] = value
    return
  }
  const inner = (root[name!] ??= {}) as Table
  put(inner, rest, value)
  if (value === undefined && Object.keys(inner).length === 0) delete root[name!]
}

/** Whether two configurations would make the same channel. */
export function sameChannel(name: keyof Settings['channels'], one: Config, other: Config): boolean {
  const [a, b] = [one.settings.channels[name], other.settings.channels[name]]
  return isDeepStrictEqual(a, b) && isDeepStrictEqual(secretsIn(a, one), secretsIn(b, other))
}

function secretsIn(value: unknown, config: Config): unknown[] {
  if (typeof value === 'string') return value.startsWith('env:') ? [config.secret(value) ?? null] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(inner => secretsIn(inner, config))
}
