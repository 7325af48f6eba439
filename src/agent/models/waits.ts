// Waiting that a stop ends: for a time, or for something to happen.
import { setTimeout as sleep } from 'node:timers/promises'

/** False when it was stopped. */
export async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal })
    return true
  } catch {
    return false
  }
}

/** Waits for `event`, but not for ever; false when it was stopped. */
export async function within(ms: number, event: Promise<void>, signal: AbortSignal): Promise<boolean> {
  const over = new AbortController()
  try {
    await Promise.race([event, sleep(ms, undefined, { signal: AbortSignal.any([signal, over.signal]) })])
    return true
  } catch {
    return false
  } finally {
    over.abort()
  }
}
