// What an adapter is: one provider's API behind the model contract, given one key.
import type { FailureKind, ModelEvent, ModelRequest } from '../model.ts'

export interface Endpoint {
  readonly key: string | undefined
  readonly baseUrl: string | undefined
  readonly headers: Readonly<Record<string, string>>
}

/** Told of the provider's rate-limit headers: the share used, 0 to 1, and in how many milliseconds it is reset. */
export type OnLimits = (share: number, resetMs: number) => void

/** One attempt. Must not throw; ends with exactly one `done` or `failed`. */
export type Adapter = (
  request: ModelRequest,
  endpoint: Endpoint,
  signal: AbortSignal,
  onLimits: OnLimits,
) => AsyncIterable<ModelEvent>

type Failed = Extract<ModelEvent, { type: 'failed' }>

/** The failure that an HTTP status and its text mean. */
export function failureOf(status: number | undefined, message: string, headers?: Headers): Failed {
  const retryAfterMs = retryAfter(headers)
  return {
    type: 'failed',
    kind: kindOf(status, message),
    message,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}

function kindOf(status: number | undefined, message: string): FailureKind {
  if (status === undefined) return 'network'
  if (status === 401 || status === 403) return 'auth'
  if (status === 429) return 'rate_limit'
  if (status === 408 || status === 409 || status >= 500) return 'overloaded'
  if (status === 413 || /too long|context.{0,20}(length|window|limit)|maximum.{0,10}tokens/i.test(message))
    return 'overflow'
  return 'rejected'
}

function retryAfter(headers: Headers | undefined): number | undefined {
  const value = headers?.get('retry-after')
  if (!value) return undefined
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}

/** Characters of one call's arguments: what is longer would crowd the conversation out. */
const maxInputChars = 100_000

/** The input of a tool call from its streamed JSON; what is no JSON object is kept apart. */
export function parseInput(json: string): { input: unknown; malformed?: string } {
  if (json.trim() === '') return { input: {} }
  if (json.length > maxInputChars) return { input: {}, malformed: `too long: ${json.length} characters` }
  try {
    const input: unknown = JSON.parse(json)
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return { input }
  } catch {
    // Falls through: the model is told, by the error result of its call.
  }
  return { input: {}, malformed: `not valid JSON: ${json.slice(0, 200)}` }
}

/** Gives each call an id of its own, whatever the provider sent. */
export function uniqueId(id: string, seen: Set<string>): string {
  let unique = id || 'call'
  for (let n = 2; seen.has(unique); n++) unique = `${id || 'call'}_${n}`
  seen.add(unique)
  return unique
}

/** Reads `<prefix><kind>-limit`, `-remaining` and `-reset` for each kind and tells the fullest. */
export function readLimits(
  headers: Headers,
  prefix: string,
  kinds: readonly string[],
  onLimits: OnLimits,
): void {
  let worst = -1
  let resetMs = 0
  for (const kind of kinds) {
    const limit = Number(headers.get(`${prefix}${kind}-limit`))
    const remaining = headers.get(`${prefix}${kind}-remaining`)
    if (!(limit > 0) || remaining === null) continue
    const share = 1 - Number(remaining) / limit
    if (share <= worst) continue
    worst = share
    resetMs = (Date.parse(headers.get(`${prefix}${kind}-reset`) ?? '') || 0) - Date.now()
  }
  if (worst >= 0) onLimits(worst, resetMs)
}

/** Providers have reported worse than nothing: only a sane count counts. */
export const count = (value: unknown): number =>
  typeof value === 'number' && value >= 0 && value < 1e8 ? value : 0
