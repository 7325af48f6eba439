// Who reads in a group: as many as are in it, unless others can look in from outside.
import { type Api, GrammyError } from 'grammy'
import type { Membership } from '../../src/channel.ts'

/** Telegram tells a bot only how many there are, the bot itself among them. */
export async function readersOf(api: Api, chat: string, signal: AbortSignal): Promise<Membership> {
  const [count, about] = await Promise.all([
    api.getChatMemberCount(chat, signal as never),
    api.getChat(chat, signal as never).catch(toldNothing),
  ])
  if (about && 'username' in about && about.username)
    return { kind: 'unknown', reason: 'the group is public: anybody can read it without being in it' }
  if (about?.linked_chat_id !== undefined)
    return { kind: 'unknown', reason: 'whoever reads the channel that the group belongs to reads it too' }
  return { kind: 'count', count: count - 1 }
}

/** A server of one's own that does not know the method has no public groups; every other failure leaves it unknown. */
function toldNothing(error: unknown): null {
  if (error instanceof GrammyError && error.error_code === 404) return null
  throw error
}
