// What an error of Discord's REST API or a close of its gateway means.
import { DiscordAPIError, HTTPError, RateLimitError } from '@discordjs/rest'
import { GatewayCloseCodes } from 'discord-api-types/v10'
import type { ChannelState, SendResult } from '../../src/channel.ts'
import { messageOf } from '../../src/errors.ts'

/** What became of a send that threw. */
export function resultOf(error: unknown): Exclude<SendResult, { kind: 'sent' }> {
  if (error instanceof RateLimitError)
    return { kind: 'retry', reason: 'Discord asks to wait', afterMs: Math.max(error.retryAfter, 50) }
  if (error instanceof HTTPError) return { kind: 'retry', reason: `Discord said ${error.status}` }
  if (!(error instanceof DiscordAPIError)) return { kind: 'retry', reason: messageOf(error) }
  const reason = `Discord said ${error.status}: ${error.message.slice(0, 300)}`
  return error.status === 401 || error.status === 408
    ? { kind: 'retry', reason }
    : { kind: 'refused', reason }
}

/** Whether the message or channel that a request named is no longer there. */
export const isGone = (error: unknown): boolean =>
  error instanceof DiscordAPIError && (error.code === 10_008 || error.code === 10_003)

export const isUnauthorized = (error: unknown): boolean =>
  error instanceof DiscordAPIError && error.status === 401

export const unauthorized: ChannelState = {
  kind: 'failed',
  error:
    'Discord does not know this bot token; reset it on the Bot page of the developer portal and put it into the token’s variable',
}

const fatal: Readonly<Record<number, ChannelState>> = {
  [GatewayCloseCodes.AuthenticationFailed]: unauthorized,
  [GatewayCloseCodes.DisallowedIntents]: {
    kind: 'failed',
    error:
      'Discord refuses the intents; switch on Server Members Intent and Message Content Intent on the Bot page of the developer portal',
  },
  [GatewayCloseCodes.InvalidIntents]: {
    kind: 'failed',
    error: 'Discord does not know the intents; update Coop',
  },
  [GatewayCloseCodes.InvalidAPIVersion]: {
    kind: 'failed',
    error: 'Discord no longer speaks this version of its API; update Coop',
  },
  [GatewayCloseCodes.InvalidShard]: { kind: 'failed', error: 'Discord refuses the connection; update Coop' },
  [GatewayCloseCodes.ShardingRequired]: {
    kind: 'failed',
    error: 'the bot is in too many servers for one connection; take it out of some',
  },
}

/** What a close of the gateway means that no new attempt can mend. */
export const fatalClose = (code: number): ChannelState | undefined => fatal[code]
