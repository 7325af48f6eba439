// Money is counted before the call: the worst case is held until the real cost is known.
import type { Person } from '../access/household.ts'
import type { Level } from '../access/levels.ts'
import type { ModelEvent, ModelRequest, StreamModel } from '../agent/model.ts'
import { priceOf } from '../agent/models/catalogue.ts'
import { requestTokens } from '../agent/tokens.ts'
import type { Settings } from '../config/schema.ts'
import type { Spending } from '../store/spending.ts'

export interface Payer {
  readonly person: Person | null
  readonly level: Level
  readonly job: string | null
}

export interface Budget {
  /** The stream of a turn, held to what its payer may still spend today. */
  limited(stream: StreamModel, model: string, payer: Payer): StreamModel
}

/** What a full person's own messages may use beyond the limit, so that they can always act: jobs may not. */
const reserve = 1.2
/** Answers shorter than this are not worth asking for. */
const leastTokens = 500

export function openBudget(options: {
  readonly settings: () => Settings['budget']
  readonly spending: Spending
  /** The beginning of today, in milliseconds since 1970. */
  readonly today: () => number
}): Budget {
  const held = new Map<string, number>()

  /** What may still be spent, in US dollars; null without a limit. */
  function left({ person, level, job }: Payer): number | null {
    const limits = options.settings().daily_usd
    const factor = level === 'full' && job === null ? reserve : 1
    let since: number | undefined
    const today = () => (since ??= options.today())
    const rests: number[] = []
    const rest = (name: string, limit: number | undefined, spent: () => number) => {
      if (limit !== undefined) rests.push(limit * factor - spent() - (held.get(name) ?? 0))
    }
    if (person) rest(person.id, limits[person.id], () => options.spending.ofPerson(person.id, today()))
    rest(level, limits[level], () => options.spending.ofLevel(level, today()))
    return rests.length === 0 ? null : Math.min(...rests)
  }

  function hold({ person, level }: Payer, usd: number): Disposable {
    const names = [level, ...(person ? [person.id] : [])]
    const add = (amount: number) => {
      for (const name of names) held.set(name, (held.get(name) ?? 0) + amount)
    }
    add(usd)
    return { [Symbol.dispose]: () => add(-usd) }
  }

  return {
    limited: (stream, model, payer) =>
      async function* (request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
        const rest = left(payer)
        if (rest === null) return yield* stream(request, signal)
        const none = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }
        const cacheWrite = requestTokens(request)
        const before = priceOf(model, { ...none, cacheWrite })
        const each = priceOf(model, { ...none, output: 1 })
        const maxTokens =
          each === 0 ? request.maxTokens : Math.min(request.maxTokens, Math.floor((rest - before) / each))
        if (rest <= 0 || maxTokens < Math.min(leastTokens, request.maxTokens)) {
          yield { type: 'failed', kind: 'budget', message: 'today’s budget is used up' }
          return
        }
        using _ = hold(payer, before + maxTokens * each)
        yield* stream({ ...request, maxTokens }, signal)
      },
  }
}
