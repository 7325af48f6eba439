// The model's stream with a span for each call: tokens, cost, how it ended.
import type { StreamModel } from '../../agent/model.ts'
import type { Models } from '../../agent/models/models.ts'
import type { Tracer } from '../../trace/trace.ts'

export interface TracedCalls {
  readonly trace: string
  /** The turn's span; null for work beside any turn. */
  readonly parent: string | null
  /** provider/model, as configured: what the price goes by. */
  readonly model: string
  /** Told of each call as it begins. */
  readonly began: () => void
}

/** The stream of the models in force now; later calls of the turn stay with them. */
export function tracedStream(
  models: () => Models,
  tracer: Tracer,
  { trace, parent, model, began }: TracedCalls,
): StreamModel {
  const { stream } = models()
  return async function* traced(request, signal) {
    began()
    const span = tracer.start('model', trace, parent, {
      model: request.model,
      messages: request.messages.length,
    })
    for await (const event of stream(request, signal)) {
      if (event.type === 'done')
        span.end({
          ...event.usage,
          stop: event.stop,
          instead: event.instead,
          tried: event.tried?.join('; '),
          usd: models().cost(event.instead ?? model, event.usage),
        })
      if (event.type === 'failed') {
        const { usage, kind, message, tried } = event
        const spent = usage && { ...usage, usd: models().cost(model, usage) }
        span.end({ kind, tried: tried?.join('; '), ...spent }, message)
      }
      yield event
    }
  }
}
