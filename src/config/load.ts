// Reads coop.toml: its settings, its people, the values behind its references.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import type { Household } from '../access/household.ts'
import { CoopError } from '../errors.ts'
import { type Environment, environment } from './environment.ts'
import { householdOf } from './household.ts'
import { describeProblem, parseConfig } from './parse.ts'
import type { Settings } from './schema.ts'

export interface Config {
  readonly path: string
  /** The folder of coop.toml: relative paths in it start here, and db/, run/, traces/ are in it. */
  readonly home: string
  readonly text: string
  readonly settings: Settings
  /** Why the offline model stands in for the one that the file names; absent while that one answers. */
  readonly standIn?: string
  readonly household: Household
  /** The value behind "env:NAME"; undefined if the variable is empty or absent. */
  readonly secret: (reference: string) => string | undefined
  /** Every secret value of this configuration, for the redactor. */
  readonly secrets: readonly string[]
  readonly paths: {
    readonly workspace: string
    readonly db: string
    readonly run: string
    readonly traces: string
  }
}

/** Reads the configuration at `path`. Throws a `CoopError` that names every problem with its line. */
export function loadConfig(path: string, revision = 1, env: Environment = environment()): Config {
  return configFrom(readText(path), path, revision, env)
}

/** The configuration that `text` would be at `path`. */
export function configFrom(
  text: string,
  path: string,
  revision: number,
  env: Environment = environment(),
): Config {
  const parsed = parseConfig(text)
  if (!parsed.ok) {
    const lines = parsed.problems.map(problem => describeProblem(problem, path))
    throw new CoopError(parsed.problems[0]!.code, lines.join('\n'))
  }
  const { settings } = parsed
  const home = dirname(path)
  const file = dotEnv(home)
  // A variable that a container or a shell hands on empty hides nothing.
  const secret = (reference: string) => {
    const name = reference.replace(/^env:/, '')
    return env[name] || file[name] || undefined
  }
  return {
    path,
    home,
    text,
    settings,
    household: householdOf(settings, revision),
    secret,
    secrets: ['env:ANTHROPIC_API_KEY', ...referencesIn(settings)].flatMap(
      reference => secret(reference) ?? [],
    ),
    paths: {
      workspace: resolve(home, settings.agent.workspace),
      db: join(home, 'db'),
      run: join(home, 'run'),
      traces: join(home, 'traces'),
    },
  }
}

/** The providers in force: those configured, or anthropic behind its usual variables; offline is always there. */
export function providersOf(
  config: Config,
): readonly (Settings['providers'][number] & { readonly key: string })[] {
  const { provider, providers } = config.settings
  const configured = provider ? [provider] : providers
  const withDefaults = configured.map(entry => {
    const base =
      entry.base_url ?? (entry.name === 'anthropic' ? config.secret('env:ANTHROPIC_BASE_URL') : undefined)
    return {
      ...entry,
      key: entry.id ?? entry.name,
      api_keys:
        entry.api_keys.length > 0 || entry.name !== 'anthropic' ? entry.api_keys : ['env:ANTHROPIC_API_KEY'],
      ...(base === undefined ? {} : { base_url: base }),
    }
  })
  const implied = (['anthropic', 'offline'] as const)
    .filter(name => !withDefaults.some(entry => entry.key === name))
    .map(name => ({
      name,
      key: name,
      headers: {},
      context_limits: {},
      api_keys: name === 'anthropic' ? ['env:ANTHROPIC_API_KEY'] : [],
      ...(name === 'anthropic' && config.secret('env:ANTHROPIC_BASE_URL')
        ? { base_url: config.secret('env:ANTHROPIC_BASE_URL')! }
        : {}),
    }))
  return [...withDefaults, ...implied]
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new CoopError('file_unreadable', `${path} cannot be read; check its permissions.`, { cause })
  }
}

/** A `.env` beside coop.toml counts only if nobody else can read it. */
function dotEnv(home: string): NodeJS.Dict<string> {
  const path = join(home, '.env')
  if (!existsSync(path)) return {}
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new CoopError('file_unreadable', `${path} can be read by others; run \`chmod 600 ${path}\`.`)
  }
  return parseEnv(readText(path))
}

function referencesIn(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith('env:') ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(referencesIn)
}
