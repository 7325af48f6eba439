// The way to Discord's gateway: one conversation after the other, resumed where it broke off, with growing pauses while Discord is away.
import { setTimeout as sleep } from 'node:timers/promises'
import type { REST } from '@discordjs/rest'
import {
  type APIGatewayBotInfo,
  type GatewayDispatchPayload,
  GatewayIntentBits,
  Routes,
} from 'discord-api-types/v10'
import type { ChannelState } from '../../src/channel.ts'
import { messageOf } from '../../src/errors.ts'
import { converse, type Session } from './conversation.ts'
import { fatalClose, isUnauthorized, unauthorized } from './results.ts'

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

/** Discord lets a bot begin one session in so many milliseconds. */
const identifyEveryMs = 5_000
const longestBackoffMs = 60_000
/** After so many failures the place to resume is not trusted any more. */
const resumeUrlTries = 3

/** Keeps a connection until `signal` aborts or nothing but a person can help. */
export async function connect(options: ConnectionOptions, signal: AbortSignal): Promise<void> {
  let session: Session | null = null
  let failures = 0
  let identifiedAt = Number.NEGATIVE_INFINITY
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => {})
  const failed = (error: string, afterMs = 0) => {
    options.onState({ kind: 'reconnecting', error })
    const backoff = Math.min(500 * 2 ** failures++, longestBackoffMs) * (0.75 + Math.random() / 2)
    return pause(Math.max(backoff, afterMs))
  }

  while (!signal.aborted) {
    let url = options.gatewayUrl ?? (failures < resumeUrlTries ? session?.url : undefined)
    if (url === undefined) {
      try {
        const info = (await options.rest.get(Routes.gatewayBot(), { signal })) as APIGatewayBotInfo
        const { remaining, reset_after: resetMs } = info.session_start_limit
        if (remaining < 1 && !session) {
          await failed('Discord takes no more new connections of this bot today', resetMs)
          continue
        }
        url = info.url
      } catch (error) {
        if (signal.aborted) return
        if (isUnauthorized(error)) return options.onState(unauthorized)
        await failed(`Discord cannot be reached: ${messageOf(error)}`)
        continue
      }
    }
    if (!session) await pause(Math.max(0, identifiedAt + identifyEveryMs - performance.now()))
    const ending = await converse(
      {
        url,
        token: options.token,
        intents,
        session,
        onIdentify() {
          identifiedAt = performance.now()
        },
        onDispatch: options.onDispatch,
        onConnected() {
          failures = 0
          options.onState({ kind: 'connected' })
        },
      },
      signal,
    )
    if (signal.aborted) return
    const fatal = ending.code === undefined ? undefined : fatalClose(ending.code)
    if (fatal) return options.onState(fatal)
    session = ending.session
    await failed(ending.error)
  }
}
