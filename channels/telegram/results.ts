// What an error of the Bot API means for a send, and for the channel.
import { GrammyError, HttpError } from 'grammy'
import type { ChannelState, SendResult } from '../../src/channel.ts'
import { CoopError, messageOf } from '../../src/errors.ts'

/** What became of a send that threw. */
export function resultOf(error: unknown): Exclude<SendResult, { kind: 'sent' }> {
  if (!(error instanceof GrammyError)) return { kind: 'retry', reason: networkReason(error) }
  const { error_code: code, description, parameters } = error
  const reason = `Telegram said ${code}: ${description}`
  if (parameters.migrate_to_chat_id !== undefined)
    return { kind: 'retry', reason: 'the group has become a supergroup', afterMs: 50 }
  if (code === 429) return { kind: 'retry', reason, afterMs: (parameters.retry_after ?? 1) * 1000 }
  if (code >= 500 || code === 401 || code === 409) return { kind: 'retry', reason }
  return { kind: 'refused', reason }
}

export interface Setback {
  readonly state: ChannelState
  /** Milliseconds that the platform asks to wait. */
  readonly afterMs?: number
  /** A webhook that stands in the way of polling. */
  readonly webhook?: true
}

/** What a failed request for updates means. */
export function setbackOf(error: unknown): Setback {
  if (error instanceof CoopError) return { state: { kind: 'failed', error: error.message } }
  if (!(error instanceof GrammyError))
    return { state: { kind: 'reconnecting', error: `Telegram cannot be reached: ${networkReason(error)}` } }
  const { error_code: code, description, parameters } = error
  if (code === 401 || code === 404) {
    return {
      state: {
        kind: 'failed',
        error:
          'Telegram does not know this bot token; get a new one from @BotFather and put it into the token’s variable',
      },
    }
  }
  const conflict = code === 409
  const text = conflict
    ? 'another program polls with this bot token; stop it, or make a bot of its own'
    : `Telegram said ${code}: ${description}`
  return {
    state: { kind: 'reconnecting', error: text },
    ...(parameters.retry_after === undefined ? {} : { afterMs: parameters.retry_after * 1000 }),
    ...(conflict && /webhook/i.test(description) ? { webhook: true } : {}),
  }
}

/** What the network did; addresses of the Bot API hold the token, which is nobody's to read. */
const networkReason = (error: unknown): string =>
  messageOf(error instanceof HttpError ? error.error : error).replace(/\/bot[^/\s]+/g, '/bot…')
