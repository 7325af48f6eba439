// Everything that a bot says on Telegram: within its limits, a repeat where the last attempt broke off, and no torn beginnings left.
import type { Api } from 'grammy'
import type { Channel, Cursors, SendResult } from '../../src/channel.ts'
import { messageIn } from './inbound.ts'
import { openLimits } from './limits.ts'
import { openOrphans } from './orphans.ts'
import { type Progress, send, show } from './outbound.ts'

export interface Sending extends Required<Pick<Channel, 'send' | 'draft' | 'withdraw'>> {
  /** A message of that number came into a chat. */
  seen(chat: string, message: number): void
}

export function openSending(api: Api, cursors: Cursors): Sending {
  const progress: Progress = new Map()
  const limits = openLimits()
  const orphans = openOrphans(api, cursors)

  return {
    seen: orphans.seen,
    send: (outbound, signal) =>
      limits.within(
        outbound.place.id,
        async () => {
          const chat = outbound.place.id
          if (outbound.replaces === undefined) await orphans.clear(chat, signal)
          else orphans.known(chat, messageIn(chat, outbound.replaces))
          const result = await send(api, outbound, progress, signal)
          const message = numberOf(chat, result)
          if (message !== undefined) orphans.sent(chat, message)
          return result
        },
        signal,
      ),
    draft: (draft, signal) =>
      limits.within(
        draft.place.id,
        async () => {
          const chat = draft.place.id
          if (draft.externalId !== undefined) {
            orphans.known(chat, messageIn(chat, draft.externalId))
            return await show(api, draft, signal)
          }
          await orphans.clear(chat, signal)
          const ended = orphans.begin(chat, draft.key)
          const result = await show(api, draft, signal)
          const answered =
            result.kind === 'refused' || (result.kind === 'retry' && result.afterMs !== undefined)
          ended(numberOf(chat, result) ?? (answered ? 'not sent' : 'unknown'))
          return result
        },
        signal,
      ),
    async withdraw(place, externalId, signal) {
      const message = messageIn(place.id, externalId)
      if (Number.isNaN(message)) return
      orphans.known(place.id, message)
      await api.deleteMessage(place.id, message, signal as never)
    },
  }
}

const numberOf = (chat: string, result: SendResult): number | undefined =>
  result.kind === 'sent' && result.externalId !== undefined ? messageIn(chat, result.externalId) : undefined
