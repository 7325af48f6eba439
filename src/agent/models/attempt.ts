// One attempt at one rung with one key: its events passed on, a silent stream ended, the key held meanwhile.
import type { ModelEvent, ModelRequest } from '../model.ts'
import type { Adapter, Endpoint, OnLimits } from './adapter.ts'
import type { ModelFacts } from './catalogue.ts'
import type { KeyRing } from './keys.ts'

export type Failed = Extract<ModelEvent, { type: 'failed' }>

export interface Rung {
  /** provider/model. */
  readonly name: string
  readonly model: string
  readonly facts: ModelFacts
  readonly adapter: Adapter
  readonly keys: KeyRing
  readonly endpoint: Omit<Endpoint, 'key'>
}

/** A failure after output is final; before it, it is returned. */
export async function* once(
  rung: Rung,
  request: ModelRequest,
  endpoint: Endpoint,
  { idleMs, now }: { readonly idleMs: number; readonly now: () => number },
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, Failed | null> {
  const idle = new AbortController()
  const timer = setTimeout(() => idle.abort(), idleMs)
  using _ = rung.keys.hold(endpoint.key)
  let output = false
  try {
    const onLimits: OnLimits = (share, resetMs) => rung.keys.used(endpoint.key, share, now() + resetMs)
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
      if (!output) rung.keys.worked(endpoint.key)
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
