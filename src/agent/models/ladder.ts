// From "provider/model" to a stream: keys in turn, retries before first output, then the next rung.
import { setTimeout as sleep } from 'node:timers/promises'
import type { ModelEvent, ModelRequest, StreamModel } from '../model.ts'
import type { Adapter, Endpoint, OnLimits } from './adapter.ts'
import type { ModelFacts } from './catalogue.ts'
import { fitted } from './fitted.ts'
import type { KeyRing } from './keys.ts'
import { type RefusedFiles, refusedFiles } from './refused-files.ts'

type Failed = Extract<ModelEvent, { type: 'failed' }>

export interface Rung {
  /** provider/model. */
  readonly name: string
  readonly model: string
  readonly facts: ModelFacts
  readonly adapter: Adapter
  readonly keys: KeyRing
  readonly endpoint: Omit<Endpoint, 'key'>
}

export interface LadderOptions {
  /** The rungs for a configured model, first choice first. */
  readonly rungs: (model: string) => Promise<readonly Rung[]>
  /** Milliseconds without any event before a stream counts as dead. */
  readonly idleMs: number
  readonly now: () => number
}

/** Attempts on one rung for faults that pass. */
const attempts = 3
const longestWaitMs = 10_000
const keyRestMs = { least: 250, rate_limit: 30_000, auth: 600_000 }

/** The model contract over a ladder: nothing is tried again once the person could have seen output. */
export function ladder(options: LadderOptions): StreamModel {
  const refused = refusedFiles()
  return async function* (request, signal) {
    let failure: Failed = {
      type: 'failed',
      kind: 'rejected',
      message: `no provider for the model ${request.model}`,
    }
    for (const [index, rung] of (await options.rungs(request.model)).entries()) {
      const events = withoutRefused(refused, fitted(request, rung), asked =>
        climb(rung, asked, options, signal),
      )
      // The last event says who answered instead.
      const instead = (event: ModelEvent) =>
        event.type === 'done' ? { ...event, instead: rung.name } : event
      const end = yield* index === 0 ? events : through(events, instead)
      if (end === null) return
      failure = end
      if (end.kind === 'aborted' || end.kind === 'overflow') break
    }
    yield failure
  }
}

/** A request that is refused as such is asked again with fewer of its files: one of them may be the reason. */
async function* withoutRefused(
  refused: RefusedFiles,
  request: ModelRequest,
  ask: (request: ModelRequest) => AsyncGenerator<ModelEvent, Failed | null>,
): AsyncGenerator<ModelEvent, Failed | null> {
  const known = refused.without(request)
  const failure = yield* ask(known)
  if (failure?.kind !== 'rejected') return failure
  for (const fewer of refused.fewer(known)) {
    const end = yield* through(ask(fewer.request), event => {
      fewer.remember()
      return event
    })
    if (end?.kind !== 'rejected') return end
  }
  return failure
}

/** Passes events on, each as `change` makes it; who stops listening ends them. */
async function* through<R>(
  events: AsyncGenerator<ModelEvent, R>,
  change: (event: ModelEvent) => ModelEvent,
): AsyncGenerator<ModelEvent, R> {
  try {
    let step = await events.next()
    for (; !step.done; step = await events.next()) yield change(step.value)
    return step.value
  } finally {
    await events.return(undefined as never)
  }
}

/** Tries one rung. Null when it ended the stream itself, else the failure that the next rung may mend. */
async function* climb(
  rung: Rung,
  request: ModelRequest,
  options: LadderOptions,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, Failed | null> {
  let failure: Failed = rung.keys.refusal() ?? noKey
  for (let attempt = 0; attempt < attempts; ) {
    const now = options.now()
    const key = rung.keys.usable(now)[0]
    if (rung.keys.usable(now).length === 0) {
      const wait = (rung.keys.nextAt(now) ?? now) - now
      if (failure.kind === 'auth' || wait > longestWaitMs) return failure
      attempt++
      if (!(await pause(wait, signal))) return aborted
      continue
    }
    const end = yield* once(rung, request, { ...rung.endpoint, key }, options.idleMs, signal)
    if (end === null) return null
    failure = end
    if (end.kind === 'rate_limit' || end.kind === 'auth') {
      rung.keys.rest(key, options.now() + restOf(end), end)
      continue
    }
    if (end.kind !== 'overloaded' && end.kind !== 'network' && end.kind !== 'broken') return failure
    if (++attempt === attempts) break
    const backoff = 250 * 2 ** attempt * (0.5 + Math.random())
    if (!(await pause(Math.min(end.retryAfterMs ?? backoff, longestWaitMs), signal))) return aborted
  }
  return failure
}

/** At least a moment, or a provider that says "again at once" would be asked for ever. */
const restOf = ({ kind, retryAfterMs }: Failed): number =>
  kind === 'auth' ? keyRestMs.auth : Math.max(retryAfterMs ?? keyRestMs.rate_limit, keyRestMs.least)

const noKey: Failed = { type: 'failed', kind: 'rate_limit', message: 'every key of this provider is resting' }
const aborted: Failed = { type: 'failed', kind: 'aborted', message: 'stopped' }

/** One attempt, with its events passed on. A failure after output is final; before it, it is returned. */
async function* once(
  rung: Rung,
  request: ModelRequest,
  endpoint: Endpoint,
  idleMs: number,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, Failed | null> {
  const idle = new AbortController()
  const timer = setTimeout(() => idle.abort(), idleMs)
  let output = false
  try {
    const onLimits: OnLimits = (share, resetAt) => rung.keys.used(endpoint.key, share, resetAt)
    for await (const event of rung.adapter(
      request,
      endpoint,
      AbortSignal.any([signal, idle.signal]),
      onLimits,
    )) {
      timer.refresh()
      if (event.type === 'failed') {
        const failed = idle.signal.aborted && !signal.aborted ? silent(idleMs) : event
        if (!output) return failed
        yield failed
        return null
      }
      output = true
      yield event
      if (event.type === 'done') return null
    }
    if (!output) return endless
    yield endless
    return null
  } finally {
    clearTimeout(timer)
  }
}

const endless: Failed = { type: 'failed', kind: 'broken', message: 'the stream ended without an end' }

const silent = (idleMs: number): Failed => ({
  type: 'failed',
  kind: 'network',
  message: `the model sent nothing for ${Math.round(idleMs / 1000)} s`,
})

async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal })
    return true
  } catch {
    return false
  }
}
