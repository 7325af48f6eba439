// A provider's keys: the next usable one, and how long a refused one rests.
import type { ModelEvent } from '../model.ts'

type Failed = Extract<ModelEvent, { type: 'failed' }>

export interface KeyRing {
  /** Keys that may be used now, best first; `undefined` stands for a provider without keys. */
  usable(now: number): readonly (string | undefined)[]
  /** Lets a key rest until `until`, milliseconds since 1970, for what the provider said to it. */
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
  const all: readonly (string | undefined)[] = keys.length > 0 ? keys : [undefined]
  const resting = new Map<string | undefined, number>()
  const worn = new Map<string | undefined, number>()
  let preferred = 0
  let last: Failed | undefined
  return {
    usable(now) {
      const ordered = [...all.slice(preferred), ...all.slice(0, preferred)].filter(
        key => (resting.get(key) ?? 0) <= now,
      )
      const isWorn = (key: string | undefined) => (worn.get(key) ?? 0) > now
      return [...ordered.filter(key => !isWorn(key)), ...ordered.filter(isWorn)]
    },
    rest(key, until, refusal) {
      resting.set(key, until)
      last = refusal
      preferred = (all.indexOf(key) + 1) % all.length
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
