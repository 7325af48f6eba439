// A group that becomes a supergroup gets another id: it stays the place that it was, under the id that the configuration names.
import type { Update } from 'grammy/types'
import type { ChannelDeps } from '../../src/channel.ts'

export interface Moves {
  /** Reads whether an update tells that a group moved. */
  follow(update: Update): void
  /** Telegram refused a request for a chat, because it has moved. */
  learn(from: number | string, to: number): void
  /** The id of the place that a chat is. */
  placeOf(chat: string): string
  /** The chat that a place is now. */
  chatOf(place: string): string
}

const prefix = 'moved:'

/**
 * Only Telegram itself says that a group moved, in messages that nobody else can write. Whoever
 * lists the new id means a place of its own.
 */
export function openMoves({ cursors, listed }: Pick<ChannelDeps, 'cursors' | 'listed'>): Moves {
  /** From the new id to the one before. */
  const moves = new Map(
    Object.entries(cursors.all()).flatMap(([name, from]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), from] as const] : [],
    ),
  )
  const isListed = (chat: string): boolean => listed?.(`telegram:${chat}`) ?? false
  const isSame = (to: string, from: string): boolean => isListed(from) && !isListed(to)

  function learn(from: number | string, to: number): void {
    if (moves.get(String(to)) === String(from)) return
    moves.set(String(to), String(from))
    cursors.save({ ...cursors.all(), [prefix + to]: String(from) })
  }

  return {
    learn,
    follow({ message }) {
      if (message?.migrate_to_chat_id) learn(message.chat.id, message.migrate_to_chat_id)
      if (message?.migrate_from_chat_id) learn(message.migrate_from_chat_id, message.chat.id)
    },
    placeOf(chat) {
      const from = moves.get(chat)
      return from !== undefined && isSame(chat, from) ? from : chat
    },
    chatOf(place) {
      for (const [to, from] of moves) if (from === place && isSame(to, from)) return to
      return place
    },
  }
}
