// A Bot API update to what the gateway receives.
import type { Message, MessageEntity, Update, User, UserFromGetMe } from 'grammy/types'
import type { Attachment, Inbound, Place } from '../../src/channel.ts'

export type Self = Pick<UserFromGetMe, 'id' | 'username'>

/** The message in an update; undefined for updates that are none. */
export function inboundOf(update: Update, self: Self): Inbound | undefined {
  const message = update.message
  if (!message?.from || message.from.id === self.id) return undefined
  const attachments = attachmentsOf(message)
  const text = message.text ?? message.caption ?? ''
  if (text === '' && attachments.length === 0) return undefined
  const entities = message.entities ?? message.caption_entities ?? []
  const quoted = message.reply_to_message
  const answered = quoted && !isTopicStart(quoted) ? quoted : undefined
  const quoteText = message.quote?.text ?? answered?.text ?? answered?.caption
  const group = message.chat.type !== 'private'
  return {
    channel: 'telegram',
    externalId: `${message.chat.id}:${message.message_id}`,
    place: placeOf(message),
    sender: { channel: 'telegram', id: String(message.from.id), name: nameOf(message.from) },
    text: withoutOwnName(text, self),
    at: message.date * 1000,
    ...(group ? { addressed: isAddressed(text, entities, answered, self) } : {}),
    ...(answered?.from && quoteText
      ? { quote: { author: answered.from.id === self.id ? 'you' : nameOf(answered.from), text: quoteText } }
      : {}),
    ...(attachments.length > 0 ? { attachments } : {}),
  }
}

function placeOf({ chat, is_topic_message, message_thread_id }: Message): Place {
  if (chat.type === 'private') return { channel: 'telegram', kind: 'direct', id: String(chat.id) }
  return {
    channel: 'telegram',
    kind: 'group',
    id: String(chat.id),
    ...(is_topic_message && message_thread_id !== undefined ? { thread: String(message_thread_id) } : {}),
    ...(chat.title ? { title: chat.title } : {}),
  }
}

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
  return entities.some(entity => {
    const word = text.slice(entity.offset, entity.offset + entity.length).toLowerCase()
    if (entity.type === 'text_mention') return entity.user.id === self.id
    if (entity.type === 'mention') return word === `@${self.username.toLowerCase()}`
    return entity.type === 'bot_command' && word.endsWith(`@${self.username.toLowerCase()}`)
  })
}

/** "/status@name" is "/status" meant for this bot. */
const withoutOwnName = (text: string, { username }: Self): string =>
  text.replace(/^(\/[a-z0-9_]+)@(\w+)/i, (whole, command: string, name: string) =>
    name.toLowerCase() === username.toLowerCase() ? command : whole,
  )

function attachmentsOf(message: Message): Attachment[] {
  const photo = message.photo?.at(-1)
  const file =
    message.document ??
    message.video ??
    message.audio ??
    message.voice ??
    message.sticker ??
    message.video_note ??
    message.animation
  const found: Attachment[] = []
  if (photo)
    found.push({
      kind: 'image',
      name: 'photo.jpg',
      mime: 'image/jpeg',
      handle: photo.file_id,
      ...sized(photo.file_size),
    })
  if (file) {
    const mime = 'mime_type' in file && file.mime_type ? file.mime_type : 'application/octet-stream'
    const name =
      'file_name' in file && file.file_name
        ? file.file_name
        : ((['document', 'video', 'audio', 'voice', 'sticker'] as const).find(kind => message[kind]) ??
          'file')
    found.push({ kind: kindOf(message), name, mime, handle: file.file_id, ...sized(file.file_size) })
  }
  return found
}

const sized = (size: number | undefined) => (size === undefined ? {} : { size })

const kindOf = (message: Message): Attachment['kind'] =>
  message.audio || message.voice
    ? 'audio'
    : message.video || message.video_note || message.animation
      ? 'video'
      : message.sticker
        ? 'image'
        : 'file'
