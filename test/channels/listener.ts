// Listens to a channel as the gateway does: what was taken is stored before the channel goes on.
import type { Channel, Inbound } from '../../src/channel.ts'
import { until } from '../support/until.ts'

export interface Listener extends AsyncDisposable {
  readonly stored: readonly Inbound[]
  /** Resolves to the first `count` messages. */
  take(count: number): Promise<readonly Inbound[]>
  /** Resolves when listening has ended by itself. */
  readonly ended: Promise<void>
}

/** `refuse`: how many batches cannot be stored; each ends the listening, which then begins again. */
export function listen(channel: Channel, refuse = 0): Listener {
  const stored: Inbound[] = []
  const stop = new AbortController()
  let refusals = refuse
  const ended = (async () => {
    while (!stop.signal.aborted && channel.state().kind !== 'failed') {
      for await (const batch of channel.listen(stop.signal)) {
        if (batch.length > 0 && refusals-- > 0) break
        stored.push(...batch)
      }
    }
  })()
  return {
    stored,
    ended,
    take: count =>
      until(`${count} messages on ${channel.name}`, () => stored.length >= count && stored.slice(0, count)),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await ended
    },
  }
}
