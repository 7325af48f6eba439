// The cheap model at work for memory: one prompt, one answer, traced and booked.

import type { Models } from '../../agent/models/models.ts'
import type { Complete } from '../../memory/facts.ts'
import { plainText } from '../../store/entry.ts'
import type { Store } from '../../store/store.ts'
import type { Usage } from '../../store/turns.ts'
import { newTrace, type Tracer } from '../../trace/trace.ts'
import { tracedStream } from '../conversation/traced.ts'

export interface CompletionOptions {
  readonly store: Store
  readonly models: () => Models
  readonly tracer: Tracer
  /** The cheap model, for side work. */
  readonly sideModel: () => string
  readonly now: () => number
}

const maxTokens = 2_000

/** Null when no model can write facts. */
export const openCompletion = (options: CompletionOptions) => (): Complete | null => {
  const model = options.sideModel()
  if (model.startsWith('offline/')) return null

  const spent = (by: string, usage: Usage) => {
    const usd = options.models().cost(by, usage)
    const spend = { ...usage, person: null, level: 'full', job: 'memory', model: by, usd } as const
    options.store.turns.record('memory', spend, options.now())
  }

  return async function complete(prompt, signal) {
    const request = {
      model,
      tools: [],
      system: {
        stable: 'You keep the memory of a household. Answer with exactly what is asked for.',
        session: '',
      },
      messages: [{ role: 'user', blocks: [{ type: 'text', text: prompt }] }],
      maxTokens,
    } as const
    const traced = { trace: newTrace(), parent: null, model, began() {} }
    for await (const event of tracedStream(options.models, options.tracer, traced)(request, signal)) {
      if (event.type === 'failed') {
        if (event.usage) spent(model, event.usage)
        throw new Error(event.message)
      }
      if (event.type !== 'done') continue
      spent(event.instead ?? model, event.usage)
      return plainText(event.blocks)
    }
    throw new Error('the model said nothing')
  }
}
