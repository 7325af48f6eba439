// Discord's events to what the gateway receives.
import {
  type APIAttachment,
  type APIInteraction,
  type APIMessage,
  type APIUser,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  type GatewayMessageReactionAddDispatchData,
  InteractionType,
  MessageType,
} from 'discord-api-types/v10'
import type { Attachment, Inbound, Place, Sender } from '../../src/channel.ts'
import type { Guilds } from './guilds.ts'

export interface Self {
  readonly id: string
  readonly application: string
}

export type GuildMessage = APIMessage & {
  readonly guild_id?: string
  readonly member?: { nick?: string | null }
}

const epochMs = 1_420_070_400_000n

/** When a snowflake was made, milliseconds since 1970. */
export const timeOf = (snowflake: string): number => Number((BigInt(snowflake) >> 22n) + epochMs)

/** A message of a person; undefined for those of bots and for system messages. */
export async function messageInbound(
  message: GuildMessage,
  self: Self,
  guilds: Guilds,
): Promise<Inbound | undefined> {
  const { author } = message
  if (!author || author.bot || message.webhook_id) return undefined
  if (message.type !== MessageType.Default && message.type !== MessageType.Reply) return undefined
  const forwarded = (message.message_snapshots ?? []).map(({ message: inner }) => inner)
  const attachments = [message, ...forwarded].flatMap(each => each.attachments ?? []).map(attachmentOf)
  const text = textOf(message, self, guilds)
  if (text === '' && attachments.length === 0) return undefined
  const answered = message.referenced_message
  const place = await placeOf(message.channel_id, author.id, message.guild_id, guilds)
  if (!place) return undefined
  return {
    channel: 'discord',
    externalId: message.id,
    place,
    sender: senderOf(author, message.member?.nick),
    text,
    at: Date.parse(message.timestamp),
    ...(place.kind === 'group' ? { addressed: isAddressed(message, self, guilds) } : {}),
    ...(answered?.content
      ? {
          quote: {
            author: nameOf(answered.author),
            text: answered.content,
            ...(answered.author.id === self.id ? { of: 'agent' } : {}),
            ...(answered.author.id === author.id ? { of: 'sender' } : {}),
          },
        }
      : {}),
    ...(attachments.length > 0 ? { attachments } : {}),
    ...(message.message_snapshots?.length ? { forwarded: true } : {}),
  }
}

/** An edit; Discord also updates messages to add previews, which changes no words. */
export async function editInbound(
  message: GuildMessage,
  self: Self,
  guilds: Guilds,
): Promise<Inbound | undefined> {
  if (!message.edited_timestamp) return undefined
  const said = await messageInbound(message, self, guilds)
  return (
    said && {
      ...said,
      externalId: `${said.externalId}:${Date.parse(message.edited_timestamp)}`,
      revises: { externalId: said.externalId },
    }
  )
}

/** A pressed button or a native command, as the text that it stands for. */
export async function interactionInbound(
  interaction: APIInteraction,
  guilds: Guilds,
): Promise<Inbound | undefined> {
  const user = interaction.member?.user ?? interaction.user
  const text = interactionText(interaction)
  if (!user || text === null || !interaction.channel?.id) return undefined
  const place = await placeOf(interaction.channel.id, user.id, interaction.guild_id, guilds)
  if (!place) return undefined
  return {
    channel: 'discord',
    externalId: `press:${interaction.id}`,
    place,
    sender: senderOf(user, interaction.member?.nick),
    text,
    at: timeOf(interaction.id),
    ...(place.kind === 'group' ? { addressed: true } : {}),
    ...(interaction.type === InteractionType.MessageComponent ? { choice: true } : {}),
  }
}

export async function reactionInbound(
  reaction: GatewayMessageReactionAddDispatchData,
  self: Self,
  guilds: Guilds,
): Promise<Inbound | undefined> {
  const { user_id: user, member, emoji, message_id: message } = reaction
  if (user === self.id || member?.user?.bot || (reaction.message_author_id ?? self.id) !== self.id)
    return undefined
  const place = await placeOf(reaction.channel_id, user, reaction.guild_id, guilds)
  if (!place || !emoji.name) return undefined
  return {
    channel: 'discord',
    externalId: `reaction:${message}:${user}:${emoji.name}`,
    place,
    sender: member?.user ? senderOf(member.user, member.nick) : { channel: 'discord', id: user, name: user },
    text: '',
    at: Date.now(),
    reaction: { to: message, emoji: emoji.name },
  }
}

/** A direct chat is named by the person, so that it can be opened by whoever knows them alone. */
async function placeOf(
  channel: string,
  user: string,
  guild: string | undefined,
  guilds: Guilds,
): Promise<Place | undefined> {
  if (guild === undefined) return { channel: 'discord', kind: 'direct', id: user }
  const known = await guilds.channel(channel)
  if (!known) return undefined
  const title = known.parent === undefined ? known.name : (guilds.channelName(known.parent) ?? known.name)
  return {
    channel: 'discord',
    kind: 'group',
    id: known.parent ?? known.id,
    ...(known.parent === undefined ? {} : { thread: known.id }),
    ...(title ? { title: `#${title}` } : {}),
  }
}

const senderOf = (user: APIUser, nick?: string | null): Sender => ({
  channel: 'discord',
  id: user.id,
  name: nick || nameOf(user),
})

const nameOf = (user: APIUser): string => user.global_name ?? user.username

function isAddressed(message: GuildMessage, self: Self, guilds: Guilds): boolean {
  return (
    (message.mentions ?? []).some(user => user.id === self.id) ||
    message.referenced_message?.author.id === self.id ||
    (message.mention_roles ?? []).some(role => guilds.isOwnRole(message.guild_id ?? '', role, self.id))
  )
}

/** The words with mentions as names, and in words what is no text. */
function textOf(message: GuildMessage, self: Self, guilds: Guilds): string {
  const named = new Map((message.mentions ?? []).map(user => [user.id, nameOf(user)]))
  const words = (message.content ?? '')
    .replace(new RegExp(`^\\s*<@!?${self.id}>\\s*`), '')
    .replace(/<@!?(\d+)>/g, (whole, id: string) => (named.has(id) ? `@${named.get(id)}` : whole))
    .replace(/<@&(\d+)>/g, (whole, id: string) => {
      const role = guilds.roleName(message.guild_id ?? '', id)
      return role === undefined ? whole : `@${role}`
    })
    .replace(/<#(\d+)>/g, (whole, id: string) => `#${guilds.channelName(id) ?? whole}`)
    .replace(/<a?:(\w+):\d+>/g, ':$1:')
  const stickers = (message.sticker_items ?? []).map(sticker => `[sticker ${sticker.name}]`)
  const poll = message.poll ? [`[poll: ${message.poll.question.text ?? ''}]`] : []
  const forwarded = (message.message_snapshots ?? []).map(
    ({ message: inner }) => `[forwarded:] ${inner.content ?? ''}`,
  )
  return [words, ...stickers, ...poll, ...forwarded].filter(Boolean).join('\n').trim()
}

function attachmentOf({ filename, content_type, size, url }: APIAttachment): Attachment {
  const mime = content_type?.split(';')[0] ?? 'application/octet-stream'
  const kind = (['image', 'audio', 'video'] as const).find(prefix => mime.startsWith(`${prefix}/`)) ?? 'file'
  return { kind, name: filename, mime, size, handle: url }
}

function interactionText(interaction: APIInteraction): string | null {
  if (interaction.type === InteractionType.MessageComponent) return interaction.data.custom_id
  if (interaction.type !== InteractionType.ApplicationCommand) return null
  const { data } = interaction
  if (data.type !== ApplicationCommandType.ChatInput) return null
  const args = (data.options ?? []).flatMap(option =>
    option.type === ApplicationCommandOptionType.String ? [option.value] : [],
  )
  return [`/${data.name}`, ...args].join(' ')
}
