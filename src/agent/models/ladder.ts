// From "provider/model" to a stream: keys in turn, retries before first output, then the next rung.
import type { ModelEvent, ModelRequest, StreamModel } from '../model.ts'
import { type Failed, once, type Rung } from './attempt.ts'
import { fitted } from './fitted.ts'
import { type RefusedFiles, refusedFiles } from './refused-files.ts'
import { unthought } from './unthought.ts'
import { pause, within } from './waits.ts'

export interface LadderOptions {
  /** The rungs for a configured model, first choice first. */
  readonly rungs: (model: string) => Promise<readonly Rung[]>
  /** Milliseconds without any event before a stream counts as dead. */
  readonly idleMs: number
  /** Milliseconds by a clock that nobody sets: keys rest by it. */
  readonly now: () => number
}

/** Attempts on one rung for faults that pass. */
const attempts = 3
const longestWaitMs = 10_000
/** Characters of each failure that the trace keeps. */
const messageShown = 200
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
    const rungs = await options.rungs(request.model)
    const tried: string[] = []
    for (const [index, rung] of rungs.entries()) {
      const isLast = index === rungs.length - 1
      const climbing = { ...options, isLast, tried }
      const events = withoutRefused(refused, fitted(request, rung), asked =>
        withoutThinking(asked, once => climb(rung, once, climbing, signal)),
      )
      // The last event says who answered instead, and why.
      const end = yield* through(events, event =>
        event.type === 'done'
          ? { ...event, ...(tried.length > 0 ? { tried } : {}), ...(index > 0 ? { instead: rung.name } : {}) }
          : event,
      )
      if (end === null) return
      if (!tried.some(failed => failed.startsWith(`${rung.name}: `)))
        tried.push(triedText(rung, { ...end, kind: 'resting' }))
      failure = end
      if (end.kind === 'aborted' || end.kind === 'overflow') break
    }
    yield tried.length > 1 ? { ...failure, tried } : failure
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

/** A request whose thinking is refused is asked again without it. */
async function* withoutThinking(
  request: ModelRequest,
  ask: (request: ModelRequest) => AsyncGenerator<ModelEvent, Failed | null>,
): AsyncGenerator<ModelEvent, Failed | null> {
  const failure = yield* ask(request)
  const bare = unthought(request, failure)
  return bare ? yield* ask(bare) : failure
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
  options: LadderOptions & { readonly isLast: boolean; readonly tried: string[] },
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, Failed | null> {
  let failure: Failed = rung.keys.refusal() ?? noKey
  for (let attempt = 0; attempt < attempts; ) {
    const now = options.now()
    const usable = rung.keys.usable(now)
    const key = usable[0]
    if (usable.length === 0) {
      const verdict = rung.keys.verdict()
      if (verdict) {
        // Another request tries it. Whoever can goes elsewhere meanwhile.
        if (!options.isLast) return failure
        attempt++
        if (!(await within(longestWaitMs, verdict, signal))) return aborted
        continue
      }
      const wait = (rung.keys.nextAt(now) ?? now) - now
      if (failure.kind === 'auth' || wait > longestWaitMs) return failure
      attempt++
      if (!(await pause(wait, signal))) return aborted
      continue
    }
    const end = yield* once(rung, request, { ...rung.endpoint, key }, options, signal)
    if (end === null) return null
    failure = end
    options.tried.push(triedText(rung, end))
    if (end.kind === 'rate_limit' || end.kind === 'auth') {
      rung.keys.rest(key, options.now() + restOf(end), end)
      continue
    }
    // It took the key, if not the request.
    if (end.kind === 'rejected' || end.kind === 'overflow') rung.keys.worked(key)
    if (end.kind !== 'overloaded' && end.kind !== 'network' && end.kind !== 'broken') return failure
    if (++attempt === attempts) break
    const backoff = 250 * 2 ** attempt * (0.5 + Math.random())
    if (!(await pause(Math.min(end.retryAfterMs ?? backoff, longestWaitMs), signal))) return aborted
  }
  return failure
}

const triedText = (
  { name }: Rung,
  { kind, message }: { readonly kind: string; readonly message: string },
): string => `${name}: ${kind}, ${message.slice(0, messageShown)}`

/** At least a moment, or a provider that says "again at once" would be asked for ever. */
const restOf = ({ kind, retryAfterMs }: Failed): number =>
  kind === 'auth' ? keyRestMs.auth : Math.max(retryAfterMs ?? keyRestMs.rate_limit, keyRestMs.least)

const noKey: Failed = { type: 'failed', kind: 'rate_limit', message: 'every key of this provider is resting' }
const aborted: Failed = { type: 'failed', kind: 'aborted', message: 'stopped' }
