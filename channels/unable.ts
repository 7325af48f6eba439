// A channel that cannot start: it is listed with what to do, and what has to go out waits for the next start.
import type { Channel } from '../src/channel.ts'

/** Stands in for the channel `name`; `error` says what somebody has to mend. */
export function unableChannel(name: string, error: string): Channel {
  return {
    name,
    capabilities: { maxTextLength: 2_000, exactlyOnce: false, groups: false, local: false },
    async *listen() {},
    send: async () => ({ kind: 'retry', reason: error }),
    state: () => ({ kind: 'failed', error }),
    async [Symbol.asyncDispose]() {},
  }
}
