// Telegram by long polling of the Bot API: the offset moves on only after the batch is stored.
import { setTimeout as sleep } from 'node:timers/promises'
import { Api, GrammyError, HttpError } from 'grammy'
import type {
  Channel,
  ChannelDeps,
  ChannelState,
  Inbound,
  Membership,
  Outbound,
  Place,
  SendResult,
} from '../../src/channel.ts'
import { CoopError, messageOf } from '../../src/errors.ts'
import { inboundOf, type Self } from './inbound.ts'

export interface TelegramSettings {
  /** The bot's token itself. */
  readonly token: string
  readonly apiRoot?: string
}

const pollSeconds = 30
const longestBackoffMs = 60_000
const updates = ['message', 'edited_message', 'my_chat_member', 'chat_member'] as const

export function createTelegram(settings: TelegramSettings, { log }: Pick<ChannelDeps, 'log'>): Channel {
  const api = new Api(settings.token, settings.apiRoot === undefined ? {} : { apiRoot: settings.apiRoot })
  let state: ChannelState = { kind: 'starting' }
  let self: Self | null = null
  let offset = 0
  const disposed = new AbortController()

  /** Says what a failed request means for the channel; the wait before the next, null when it is over. */
  function setback(error: unknown, attempt: number): number | null {
    const backoff = Math.min(500 * 2 ** attempt, longestBackoffMs) * (0.75 + Math.random() / 2)
    if (error instanceof GrammyError) {
      const { error_code: code, description, parameters } = error
      if (code === 401 || code === 404) {
        state = {
          kind: 'failed',
          error:
            'Telegram does not know this bot token; get a new one from @BotFather and put it into the token’s variable',
        }
        return null
      }
      const text =
        code === 409
          ? 'another program polls with this bot token; stop it, or make a bot of its own'
          : `Telegram said ${code}: ${description}`
      state = { kind: 'reconnecting', error: text }
      return parameters.retry_after === undefined ? backoff : parameters.retry_after * 1000
    }
    state = {
      kind: 'reconnecting',
      error: `Telegram cannot be reached: ${error instanceof HttpError ? messageOf(error.error) : messageOf(error)}`,
    }
    return backoff
  }

  async function* listen(signal: AbortSignal): AsyncGenerator<readonly Inbound[]> {
    let attempt = 0
    while (!signal.aborted) {
      try {
        self ??= await api.getMe(signal as never)
        const batch = await api.getUpdates(
          { offset, timeout: pollSeconds, limit: 100, allowed_updates: updates },
          signal as never,
        )
        if (state.kind !== 'connected') log.debug('telegram is connected')
        state = { kind: 'connected' }
        attempt = 0
        if (batch.length === 0) continue
        const me = self
        yield batch.flatMap(update => inboundOf(update, me) ?? [])
        offset = Math.max(offset, ...batch.map(update => update.update_id + 1))
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof CoopError) throw error
        const wait = setback(error, attempt++)
        if (wait === null) return
        await sleep(wait, undefined, { signal }).catch(() => {})
      }
    }
  }

  return {
    name: 'telegram',
    capabilities: { maxTextLength: 4096, exactlyOnce: false, groups: true, local: false },
    listen,
    async send({ place, text, replyTo }: Outbound, signal: AbortSignal): Promise<SendResult> {
      try {
        const message = await api.sendMessage(
          place.id,
          text,
          {
            ...(place.thread === undefined ? {} : { message_thread_id: Number(place.thread) }),
            ...(replyTo === undefined
              ? {}
              : {
                  reply_parameters: {
                    message_id: Number(replyTo.split(':').at(-1)),
                    allow_sending_without_reply: true,
                  },
                }),
          },
          AbortSignal.any([signal, disposed.signal]) as never,
        )
        return { kind: 'sent', externalId: String(message.message_id) }
      } catch (error) {
        return resultOf(error)
      }
    },
    async typing(place: Place, signal: AbortSignal) {
      const thread = place.thread === undefined ? {} : { message_thread_id: Number(place.thread) }
      await api.sendChatAction(
        place.id,
        'typing',
        thread,
        AbortSignal.any([signal, disposed.signal]) as never,
      )
    },
    async members(place: Place, signal: AbortSignal): Promise<Membership> {
      // The count holds the bot itself.
      return { kind: 'count', count: (await api.getChatMemberCount(place.id, signal as never)) - 1 }
    },
    state: () => state,
    async [Symbol.asyncDispose]() {
      disposed.abort()
    },
  }
}

function resultOf(error: unknown): SendResult {
  if (!(error instanceof GrammyError)) {
    return { kind: 'retry', reason: error instanceof HttpError ? messageOf(error.error) : messageOf(error) }
  }
  const { error_code: code, description, parameters } = error
  const reason = `Telegram said ${code}: ${description}`
  if (code === 429) return { kind: 'retry', reason, afterMs: (parameters.retry_after ?? 1) * 1000 }
  if (code >= 500 || code === 401 || code === 409) return { kind: 'retry', reason }
  return { kind: 'refused', reason }
}
