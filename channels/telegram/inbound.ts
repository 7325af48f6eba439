// A Bot API update to what the gateway receives.
import type {
  CallbackQuery,
  Message,
  MessageEntity,
  MessageOrigin,
  MessageReactionUpdated,
  Update,
  User,
  UserFromGetMe,
} from 'grammy/types'
import type { Inbound, Place, Sender } from '../../src/channel.ts'
import { attachmentsOf, describe } from './attachments.ts'
import { markdownOf } from './marks.ts'

export type Self = Pick<UserFromGetMe, 'id'> & Partial<Pick<UserFromGetMe, 'username'>>

/** The external id of a message: chats number their messages each on their own. */
export const externalIdOf = (chat: number | string, message: number): string => `${chat}:${message}`

/** The number of a message in a chat; NaN for what is no message of it: a chat that moved counts anew. */
export const messageIn = (chat: string, externalId: string): number =>
  externalId.startsWith(`${chat}:`) ? Number(/^-?\d+:(\d+)/.exec(externalId)?.[1]) : Number.NaN

/** What an update brings; undefined for updates that are no words of anybody. */
export function inboundOf(update: Update, self: Self): Inbound | undefined {
  if (update.callback_query) return pressed(update.callback_query)
  if (update.message_reaction) return reacted(update.message_reaction, update.update_id)
  const edited = update.edited_message
  const message = update.message ?? edited
  if (!message?.from || message.from.id === self.id) return undefined
  // Somebody who is on the way says nothing by it, every few seconds.
  if (edited?.location) return undefined
  const said = saidIn(message, self)
  if (!said || !edited) return said
  const { externalId } = said
  // Two edits within a second differ by their updates alone.
  const named = `${externalId}:${edited.edit_date}.${update.update_id}`
  return { ...said, externalId: named, revises: { externalId } }
}

function saidIn(message: Message, self: Self): Inbound | undefined {
  const attachments = attachmentsOf(message)
  const text = message.text ?? message.caption ?? describe(message)
  const sender = speakerOf(message)
  if (!sender || (text === '' && attachments.length === 0)) return undefined
  const entities = message.entities ?? message.caption_entities ?? []
  const quoted = message.reply_to_message
  const answered = quoted && !isTopicStart(quoted) ? quoted : undefined
  const author = answered
    ? authorOf(answered)
    : message.external_reply && originName(message.external_reply.origin)
  const quoteText = message.quote?.text ?? answered?.text ?? answered?.caption
  const group = message.chat.type !== 'private'
  const origin = message.forward_origin
  const words = withoutOwnName(markdownOf(text, entities), self)
  return {
    channel: 'telegram',
    externalId: externalIdOf(message.chat.id, message.message_id),
    place: placeOf(message),
    sender,
    text: origin ? `[forwarded from ${originName(origin).replace(/[[\]\n]/g, ' ')}:] ${words}` : words,
    at: message.date * 1000,
    ...(group ? { addressed: isAddressed(text, entities, answered, self) } : {}),
    ...(author && quoteText ? { quote: { author, text: quoteText, ...whose(message, answered, self) } } : {}),
    ...(attachments.length > 0 ? { attachments } : {}),
    ...(message.media_group_id ? { album: message.media_group_id } : {}),
    ...(origin ? { forwarded: true } : {}),
  }
}

/** Who speaks: a person, or a chat in whose name somebody does. Other bots are not heard, lest two of them talk for ever. */
function speakerOf({ from, sender_chat: chat }: Message): Sender | undefined {
  if (chat) return { channel: 'telegram', id: String(chat.id), name: chat.title ?? 'a channel' }
  return from && !from.is_bot ? senderOf(from) : undefined
}

const authorOf = ({ from, sender_chat }: Message): string | undefined =>
  sender_chat?.title ?? (from && nameOf(from))

/** Whether the answered words are ours or the sender's own. */
function whose(message: Message, answered: Message | undefined, self: Self): { of?: 'agent' | 'sender' } {
  if (!answered?.from || answered.forward_origin) return {}
  if (answered.from.id === self.id) return { of: 'agent' }
  const own = answered.from.id === message.from?.id && !answered.sender_chat && !message.sender_chat
  return own ? { of: 'sender' } : {}
}

/** By what name the first writer of a forwarded message goes. */
function originName(origin: MessageOrigin): string {
  switch (origin.type) {
    case 'user':
      return nameOf(origin.sender_user)
    case 'hidden_user':
      return origin.sender_user_name
    case 'chat':
      return origin.sender_chat.title ?? 'a chat'
    default:
      return origin.chat.title
  }
}

/** A button under one of the bot's messages. */
function pressed({ id, from, message, data }: CallbackQuery): Inbound | undefined {
  if (!message || !data) return undefined
  return {
    channel: 'telegram',
    externalId: `press:${id}`,
    // A message too old to be shown comes without its topic.
    place: placeOf(message.date === 0 ? { chat: message.chat } : message),
    sender: senderOf(from),
    text: data,
    at: Date.now(),
    choice: true,
  }
}

function reacted(
  { chat, message_id, user, date, old_reaction, new_reaction }: MessageReactionUpdated,
  update: number,
): Inbound | undefined {
  const before = old_reaction.flatMap(reaction =>
    reaction.type === 'emoji' ? [reaction.emoji as string] : [],
  )
  const added = new_reaction.find(reaction => reaction.type === 'emoji' && !before.includes(reaction.emoji))
  if (!user || added?.type !== 'emoji') return undefined
  return {
    channel: 'telegram',
    externalId: `reaction:${chat.id}:${message_id}:${user.id}:${update}`,
    place: placeOf({ chat }),
    sender: senderOf(user),
    text: '',
    at: date * 1000,
    reaction: { to: externalIdOf(chat.id, message_id), emoji: added.emoji },
  }
}

type Located = Pick<Message, 'chat'> & Partial<Pick<Message, 'is_topic_message' | 'message_thread_id'>>

function placeOf({ chat, is_topic_message, message_thread_id }: Located): Place {
  if (chat.type === 'private') return { channel: 'telegram', kind: 'direct', id: String(chat.id) }
  return {
    channel: 'telegram',
    kind: 'group',
    id: String(chat.id),
    ...(is_topic_message && message_thread_id !== undefined ? { thread: String(message_thread_id) } : {}),
    ...(chat.title ? { title: chat.title } : {}),
  }
}

const senderOf = (user: User): Sender => ({ channel: 'telegram', id: String(user.id), name: nameOf(user) })

const nameOf = (user: User): string =>
  [user.first_name, user.last_name].filter(Boolean).join(' ') || user.username || String(user.id)

/** A message in a topic answers the topic's first message, unless the person chose another. */
const isTopicStart = (message: Message): boolean => message.forum_topic_created !== undefined

function isAddressed(
  text: string,
  entities: readonly MessageEntity[],
  answered: Message | undefined,
  self: Self,
): boolean {
  if (answered?.from?.id === self.id) return true
  if (entities.some(entity => entity.type === 'text_mention' && entity.user.id === self.id)) return true
  if (self.username === undefined) return false
  // By itself, or at the end of a command. Not every server marks where a name stands.
  return new RegExp(`(?:^|[^\\w@])(?:/\\w+)?@${RegExp.escape(self.username)}(?!\\w)`, 'i').test(text)
}

/** "/status@name" is "/status" meant for this bot. */
const withoutOwnName = (text: string, { username }: Self): string =>
  text.replace(/^(\/[a-z0-9_]+)@(\w+)/i, (whole, command: string, name: string) =>
    name.toLowerCase() === username?.toLowerCase() ? command : whole,
  )
