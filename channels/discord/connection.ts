// The gateway connection: events as they come, resumed after a break, with growing pauses while Discord is away.
import { setTimeout as sleep } from 'node:timers/promises'
import type { REST } from '@discordjs/rest'
import { CompressionMethod, type SessionInfo, WebSocketManager, WebSocketShardEvents } from '@discordjs/ws'
import { type GatewayDispatchPayload, GatewayIntentBits } from 'discord-api-types/v10'
import type { ChannelState } from '../../src/channel.ts'
import { messageOf } from '../../src/errors.ts'
import { isUnauthorized, stateAfterClose, unauthorized } from './results.ts'

export interface ConnectionOptions {
  readonly rest: REST
  readonly token: string
  readonly gatewayUrl?: string
  readonly onDispatch: (payload: GatewayDispatchPayload) => void
  readonly onState: (state: ChannelState) => void
}

const intents =
  GatewayIntentBits.Guilds |
  GatewayIntentBits.GuildMembers |
  GatewayIntentBits.GuildMessages |
  GatewayIntentBits.GuildMessageReactions |
  GatewayIntentBits.DirectMessages |
  GatewayIntentBits.DirectMessageReactions |
  GatewayIntentBits.MessageContent

const openMs = 2_000
const longestBackoffMs = 60_000

/** Keeps a connection until `signal` aborts or nothing but a person can help. */
export async function connect(options: ConnectionOptions, signal: AbortSignal): Promise<void> {
  const { onState } = options
  let failures = 0
  let session: SessionInfo | null = null
  let over = false
  let open = false
  let opening: PromiseWithResolvers<void> | null = null
  const ended = Promise.withResolvers<void>()
  const state = (next: ChannelState) => {
    if (over) return
    onState(next)
    if (next.kind === 'connected') failures = 0
    if (next.kind !== 'failed') return
    over = true
    ended.resolve()
  }
  const pause = () => {
    const ms = Math.min(500 * 2 ** (failures - 1), longestBackoffMs) * (0.75 + Math.random() / 2)
    return sleep(ms, undefined, { signal }).catch(() => {})
  }

  const manager = new (options.gatewayUrl === undefined ? WebSocketManager : withUrl(options.gatewayUrl))({
    rest: options.rest,
    token: options.token,
    intents,
    shardCount: 1,
    compression: CompressionMethod.ZlibNative,
    // Asked for before each attempt to connect, which is where a pause belongs, and with each event.
    async retrieveSessionInfo() {
      if (open) return session
      if (failures > 1) await pause()
      // The library begins anew even after it was told to end; here it can be held for good.
      if (over || signal.aborted) await new Promise(() => {})
      opening = Promise.withResolvers<void>()
      return session
    },
    updateSessionInfo(_shard, info) {
      session = info
    },
  })
  manager.on(WebSocketShardEvents.Dispatch, payload => options.onDispatch(payload))
  manager.on(WebSocketShardEvents.Hello, () => {
    open = true
    opening?.resolve()
  })
  manager.on(WebSocketShardEvents.Ready, () => state({ kind: 'connected' }))
  manager.on(WebSocketShardEvents.Resumed, () => state({ kind: 'connected' }))
  manager.on(WebSocketShardEvents.Closed, code => {
    open = false
    opening?.resolve()
    failures++
    state(stateAfterClose(code))
  })
  manager.on(WebSocketShardEvents.SocketError, error => {
    open = false
    opening?.resolve()
    state(unreachable(error))
  })
  manager.on(WebSocketShardEvents.Error, error => state(unreachable(error)))

  if (signal.aborted) return
  signal.addEventListener('abort', () => ended.resolve(), { once: true })
  while (!signal.aborted && !over) {
    try {
      // Resolves with the first READY, which after a fatal close never comes.
      await Promise.race([manager.connect(), ended.promise])
      break
    } catch (error) {
      failures++
      state(isUnauthorized(error) ? unauthorized : unreachable(error))
      await pause()
    }
  }
  await ended.promise
  over = true
  // A socket can be closed only once it is open.
  const opened = (opening as PromiseWithResolvers<void> | null)?.promise
  if (opened) await Promise.race([opened, sleep(openMs, undefined, { ref: false })])
  await manager.destroy()
}

const unreachable = (error: unknown): ChannelState => ({
  kind: 'reconnecting',
  error: `Discord cannot be reached: ${messageOf(error)}`,
})

/** A manager that connects to an address of its own instead of the one that the REST API names. */
function withUrl(url: string): typeof WebSocketManager {
  return class extends WebSocketManager {
    override async fetchGatewayInformation() {
      const limit = { total: 1_000, remaining: 1_000, reset_after: 0, max_concurrency: 1 }
      return { url, shards: 1, session_start_limit: limit }
    }
  }
}
