// TOML text to settings, or to every problem with its line.
import { parse, TomlError } from 'smol-toml'
import type { z } from 'zod'
import { levels } from '../access/levels.ts'
import { lineOf } from './locate.ts'
import { nearest } from './nearest.ts'
import { configSchema, type Settings } from './schema.ts'
import { toolServerProblems } from './tool-servers.ts'

export interface Problem {
  readonly code: 'config_syntax' | 'config_invalid' | 'secret_literal'
  /** 1-based; absent when the problem has no place. */
  readonly line?: number
  /** The key as a dotted path. */
  readonly key: string
  readonly message: string
}

export type Parsed =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Parses and validates the text of a coop.toml. Never throws. */
export function parseConfig(text: string): Parsed {
  let raw: unknown
  try {
    raw = parse(text)
  } catch (error) {
    const line = error instanceof TomlError ? { line: error.line } : {}
    const message = (error instanceof Error ? error.message : String(error)).split('\n')[0]!
    return { ok: false, problems: [{ code: 'config_syntax', key: '', message, ...line }] }
  }
  const result = configSchema.safeParse(raw)
  const problems = result.success
    ? crossChecks(result.data).map(problem => placed(problem, text))
    : result.error.issues.flatMap(issue => problemsOf(issue, text))
  if (problems.length > 0) return { ok: false, problems }
  return { ok: true, settings: result.data! }
}

/** One line for a problem: file, line, key, what is wrong and what to do. */
export function describeProblem(problem: Problem, file: string): string {
  const at = problem.line === undefined ? file : `${file}:${problem.line}`
  return `${at}: ${problem.key ? `${problem.key}: ` : ''}${problem.message}`
}

/** Where people are met: the terminal, and what [channels] knows. */
const channelNames = ['terminal', ...keysAt(['channels'])]

interface Loose {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

function problemsOf(issue: z.core.$ZodIssue, text: string): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(issue.path)
    return issue.keys.map(name => {
      const near = nearest(name, known)
      const hint = near ? `did you mean "${near}"?` : `known here: ${known.join(', ')}`
      return placed({ path: [...issue.path, name], message: `unknown key; ${hint}` }, text)
    })
  }
  const missing = issue.code === 'invalid_type' && issue.message.includes('received undefined')
  return [placed({ path: issue.path, message: missing ? 'is missing' : lowerFirst(issue.message) }, text)]
}

function placed(loose: Loose, text: string): Problem {
  const line = lineOf(text, loose.path)
  return {
    code: loose.message.startsWith('a secret') ? 'secret_literal' : 'config_invalid',
    key: dotted(loose.path),
    message: loose.message,
    ...(line === undefined ? {} : { line }),
  }
}

/** What no single key can tell: names used twice, references to nothing. */
function crossChecks(settings: Settings): Loose[] {
  const problems: Loose[] = []
  const once = (
    seen: Map<string, string>,
    value: string,
    path: PropertyKey[],
    what: string,
    whose: string,
  ) => {
    const before = seen.get(value)
    if (before !== undefined)
      problems.push({ path, message: `${what} "${value}" belongs to ${before} already` })
    else seen.set(value, whose)
  }
  const ids = new Map<string, string>()
  const matches = new Map<string, string>()
  const owners = new Map(settings.users.map(user => [userId(user), user]))
  for (const [index, user] of settings.users.entries()) {
    once(ids, userId(user), ['users', index, user.id ? 'id' : 'name'], 'the id', user.name)
    for (const match of user.match) once(matches, match, ['users', index, 'match'], 'the match', user.name)
    // At the terminal, and in their jobs, everybody goes by their id: another's would be taken for theirs.
    for (const match of user.match) {
      const other = match.startsWith('terminal:') ? owners.get(match.slice('terminal:'.length)) : undefined
      if (other && other !== user)
        problems.push({ path: ['users', index, 'match'], message: `"${match}" is ${other.name}’s own` })
    }
    // A ceiling of a channel that is not there would hold nobody back.
    const met = user.match.map(match => match.slice(0, match.indexOf(':')))
    for (const channel of Object.keys(user.max_trust)) {
      if (channelNames.includes(channel) || met.includes(channel)) continue
      const near = nearest(channel, channelNames)
      const hint = near ? `did you mean "${near}"?` : `channels are ${channelNames.join(', ')}`
      problems.push({
        path: ['users', index, 'max_trust', channel],
        message: `"${channel}" is no channel; ${hint}`,
      })
    }
  }
  const groups = new Map<string, string>()
  for (const [index, group] of settings.groups.entries()) {
    once(groups, group.match, ['groups', index, 'match'], 'the match', 'another group')
    if (group.trigger === 'regex' && group.trigger_regex === undefined) {
      problems.push({ path: ['groups', index, 'trigger'], message: 'trigger = "regex" needs trigger_regex' })
    }
    const names = settings.users.flatMap(user => [userId(user), user.name])
    for (const member of group.members) {
      if (names.includes(member) || member.includes(':')) continue
      const near = nearest(member, names)
      problems.push({
        path: ['groups', index, 'members'],
        message: `"${member}" is no user${near ? `; did you mean "${near}"?` : '; add a [[users]] entry, or name "channel:identifier"'}`,
      })
    }
  }
  const jobs = new Map<string, string>()
  const names = settings.users.flatMap(user => [userId(user), user.name])
  for (const [index, job] of settings.cron.entries()) {
    once(jobs, job.name, ['cron', index, 'name'], 'the name', 'another job')
    if (job.user === undefined || names.includes(job.user)) continue
    const near = nearest(job.user, names)
    problems.push({
      path: ['cron', index, 'user'],
      message: `"${job.user}" is no user${near ? `; did you mean "${near}"?` : '; add a [[users]] entry'}`,
    })
  }
  for (const name of Object.keys(settings.budget.daily_usd)) {
    if ((levels as readonly string[]).includes(name) || names.includes(name)) continue
    problems.push({
      path: ['budget', 'daily_usd', name],
      message: `"${name}" is neither a level nor a user’s id`,
    })
  }
  if (settings.provider && settings.providers.length > 0) {
    problems.push({ path: ['provider'], message: 'use either [provider] or [[providers]], not both' })
  }
  const providers = new Map<string, string>()
  for (const [index, provider] of settings.providers.entries()) {
    once(providers, provider.id ?? provider.name, ['providers', index], 'the id', 'another provider')
  }
  const servers = new Map<string, string>()
  for (const [index, server] of settings.mcp.entries()) {
    once(servers, server.name, ['mcp', index, 'name'], 'the name', 'another tool server')
    for (const { key, message } of toolServerProblems(server, settings))
      problems.push({ path: ['mcp', index, key], message })
  }
  return problems
}

/** The immutable id of a configured user: their `id`, else the first word of the name. */
export function userId(user: { readonly id?: string | undefined; readonly name: string }): string {
  return (
    user.id ??
    (user.name
      .split(/\s+/)[0]!
      .toLowerCase()
      .normalize('NFKD')
      .replace(/[^a-z0-9_-]/g, '') ||
      'user')
  )
}

/** The keys that the schema knows at a path. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let schema: z.ZodType | undefined = configSchema
  for (const part of path) {
    schema = unwrapped(schema)
    const def = schema?._zod.def as {
      shape?: Record<string, z.ZodType>
      element?: z.ZodType
      valueType?: z.ZodType
    }
    schema = typeof part === 'number' ? def?.element : (def?.shape?.[String(part)] ?? def?.valueType)
  }
  const def = unwrapped(schema)?._zod.def as { shape?: Record<string, unknown> } | undefined
  return Object.keys(def?.shape ?? {})
}

/** The schema behind defaults, optionals and preprocessing. */
export function unwrapped(schema: z.ZodType | undefined): z.ZodType | undefined {
  let inner = schema
  for (;;) {
    const def = inner?._zod.def as { innerType?: z.ZodType; out?: z.ZodType } | undefined
    const next = def?.innerType ?? def?.out
    if (!next) return inner
    inner = next
  }
}

const dotted = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part),
    '',
  )

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
