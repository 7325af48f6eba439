// Runs the channels: started, listened to, restarted after a storage fault, stopped; their states watched.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Channel, Inbound } from '../../channel.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'

export interface ChannelRunner {
  get(name: string): Channel | undefined
  all(): readonly Channel[]
  /** What last went wrong with a channel, though it may be mended since. */
  lastError(name: string): ChannelError | undefined
  /** Starts a channel; replaces one of the same name. */
  start(channel: Channel): void
  stop(name: string): Promise<void>
  /** Stops listening everywhere; channels still send. */
  stopListening(): Promise<void>
  close(): Promise<void>
}

export interface ChannelError {
  readonly text: string
  /** Milliseconds since 1970. */
  readonly at: number
}

const restMs = 2_000
const watchMs = 1_000

export function openChannels(options: {
  /** Fails when the batch cannot be stored; then the channel must not acknowledge it. */
  readonly admit: (batch: readonly Inbound[]) => Promise<void>
  /** A channel failed, wants something of somebody, or works again. */
  readonly changed: (channel: Channel) => void
  readonly log: Log
}): ChannelRunner {
  const running = new Map<
    string,
    { channel: Channel; stop: AbortController; done: Promise<void>; state: string }
  >()
  const errors = new Map<string, ChannelError>()
  const timer = setInterval(watch, watchMs).unref()

  function watch(): void {
    for (const entry of running.values()) {
      const state = entry.channel.state()
      const error = 'error' in state ? state.error : undefined
      const kind = state.kind === 'connected' && error ? `${state.kind}: ${error}` : state.kind
      if (error !== undefined && errors.get(entry.channel.name)?.text !== error)
        errors.set(entry.channel.name, { text: error, at: Date.now() })
      if (kind === entry.state) continue
      entry.state = kind
      options.changed(entry.channel)
    }
  }

  async function listen(channel: Channel, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && channel.state().kind !== 'failed') {
      try {
        for await (const batch of channel.listen(signal)) if (batch.length > 0) await options.admit(batch)
      } catch (error) {
        options.log.error(
          { err: { message: messageOf(error) }, channel: channel.name },
          'listening was interrupted; it begins again',
        )
      }
      if (!signal.aborted) await sleep(restMs, undefined, { signal }).catch(() => {})
    }
  }

  async function stop(name: string): Promise<void> {
    const entry = running.get(name)
    if (!entry) return
    running.delete(name)
    entry.stop.abort()
    await entry.done
    await entry.channel[Symbol.asyncDispose]()
  }

  return {
    get: name => running.get(name)?.channel,
    all: () => [...running.values()].map(entry => entry.channel),
    lastError: name => errors.get(name),
    start(channel) {
      const controller = new AbortController()
      running.set(channel.name, {
        channel,
        stop: controller,
        done: listen(channel, controller.signal),
        state: 'starting',
      })
    },
    stop,
    async stopListening() {
      for (const entry of running.values()) entry.stop.abort()
      await Promise.all([...running.values()].map(entry => entry.done))
    },
    async close() {
      clearInterval(timer)
      await Promise.all([...running.keys()].map(stop))
    },
  }
}
