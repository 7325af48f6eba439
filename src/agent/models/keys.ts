// A provider's keys: the next usable one, how long a refused one rests, and its return by one request alone.
import type { ModelEvent } from '../model.ts'

type Failed = Extract<ModelEvent, { type: 'failed' }>

export interface KeyRing {
  /** Keys that may be used now, best first; `undefined` stands for a provider without keys. */
  usable(now: number): readonly (string | undefined)[]
  /**
   * Held while a request is on its way with a key. One that has rested is tried by that request alone:
   * it is nobody else’s until it worked, was refused again, or the request is over.
   */
  hold(key: string | undefined): Disposable
  /** The provider has taken a request with this key. */
  worked(key: string | undefined): void
  /** Resolves when it is known what became of a key that is being tried; null when none is. */
  verdict(): Promise<void> | null
  /** Lets a key rest until `until`, on the clock of `now`, for what the provider said to it. */
  rest(key: string | undefined, until: number, refusal: Failed): void
  /** What was said to the key that was refused last. */
  refusal(): Failed | undefined
  /** Notes how much of a key’s limit is used, 0 to 1, and when it is reset: past nine tenths, others come first. */
  used(key: string | undefined, share: number, resetAt: number): void
  /** When the first resting key may be used again; null if none rests. */
  nextAt(now: number): number | null
}

/** The share of a limit past which a key is spared. */
const wornShare = 0.9

export function keyRing(keys: readonly string[]): KeyRing {
  type Key = string | undefined
  const all: readonly Key[] = keys.length > 0 ? keys : [undefined]
  const resting = new Map<Key, number>()
  const worn = new Map<Key, number>()
  /** Refused, and not seen to work since. */
  const doubtful = new Set<Key>()
  const trials = new Map<Key, PromiseWithResolvers<void>>()
  let preferred = 0
  let last: Failed | undefined

  const decide = (key: Key) => {
    trials.get(key)?.resolve()
    trials.delete(key)
  }

  return {
    usable(now) {
      const free = [...all.slice(preferred), ...all.slice(0, preferred)].filter(
        key => (resting.get(key) ?? 0) <= now && !trials.has(key),
      )
      // One that has rested comes first, or it would never be known whether it works again.
      const rank = (key: Key) => ((worn.get(key) ?? 0) > now ? 2 : doubtful.has(key) ? 0 : 1)
      return free.sort((a, b) => rank(a) - rank(b))
    },
    hold(key) {
      const trial = doubtful.has(key) ? Promise.withResolvers<void>() : undefined
      if (trial) trials.set(key, trial)
      return {
        [Symbol.dispose]() {
          if (trial && trials.get(key) === trial) decide(key)
        },
      }
    },
    worked(key) {
      doubtful.delete(key)
      decide(key)
    },
    verdict: () =>
      trials.size === 0 ? null : Promise.race([...trials.values()].map(trial => trial.promise)),
    rest(key, until, refusal) {
      resting.set(key, until)
      doubtful.add(key)
      last = refusal
      preferred = (all.indexOf(key) + 1) % all.length
      decide(key)
    },
    refusal: () => last,
    used(key, share, resetAt) {
      if (share >= wornShare) worn.set(key, resetAt)
      else worn.delete(key)
    },
    nextAt(now) {
      const times = [...resting.values()].filter(until => until > now)
      return times.length > 0 ? Math.min(...times) : null
    },
  }
}
