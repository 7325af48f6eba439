// A platform's clock and ours: compared when a message looks older or newer than it can be, so that its time is told right.
import type { Inbound } from '../src/channel.ts'

export interface PlatformClock {
  /** The messages with their times by our own clock. */
  ours(batch: readonly Inbound[], signal: AbortSignal): Promise<readonly Inbound[]>
}

/** A difference up to this, in milliseconds, is the network's, and a message so old is new. */
const toleratedMs = 60_000
const keptMs = 10 * 60_000
const askMs = 3_000

/** `url` is any address of the platform: every answer carries the time. */
export function openClock(url: string, now: () => number = Date.now): PlatformClock {
  let aheadMs = 0
  let askedAt = Number.NEGATIVE_INFINITY

  async function ask(signal: AbortSignal): Promise<void> {
    askedAt = now()
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(askMs)])
    const response = await fetch(url, { method: 'HEAD', redirect: 'manual', signal: bounded }).catch(
      () => null,
    )
    const theirs = Date.parse(response?.headers.get('date') ?? '')
    if (Number.isNaN(theirs)) return
    const difference = theirs - now()
    aheadMs = Math.abs(difference) > toleratedMs ? difference : 0
  }

  return {
    async ours(batch, signal) {
      const odd = batch.some(({ at }) => Math.abs(now() - at) > toleratedMs)
      if (odd && now() - askedAt > keptMs) await ask(signal)
      return aheadMs === 0 ? batch : batch.map(message => ({ ...message, at: message.at - aheadMs }))
    },
  }
}
