// Chats as their people see them: what has come since one looked, buttons pressed, reactions given.
import type { Message, Update } from 'grammy/types'
import type { DiscordSent, DiscordUser, FakeDiscord } from './fake-discord.ts'
import type { FakeTelegram, Sent, Writer } from './fake-telegram.ts'
import { until } from './until.ts'

export interface Chat<T extends { readonly text: string }> {
  /** What came since the chat was opened, oldest first, edits applied. */
  sent(): readonly T[]
  /** Waits for the message of that number, the first if none is given. */
  reply(count?: number): Promise<T>
  /** Waits for a message that reads so. */
  said(words: RegExp): Promise<T>
}

function chatOf<T extends { readonly text: string }>(name: string, all: () => readonly T[]): Chat<T> {
  const from = all().length
  const sent = () => all().slice(from)
  return {
    sent,
    reply: (count = 1) => until(`message ${count} to ${name}`, () => sent()[count - 1]),
    said: words => until(`${words} to ${name}`, () => sent().find(({ text }) => words.test(text))),
  }
}

export const telegramChat = (telegram: FakeTelegram, id: number): Chat<Sent> =>
  chatOf(`chat ${id}`, () => telegram.sent(id))
export const discordChat = (discord: FakeDiscord, channel: string): Chat<DiscordSent> =>
  chatOf(`channel ${channel}`, () => discord.sent(channel))

let updates = 4_000

export const telegramUser = ({ id, name }: Writer) => ({ id, is_bot: false, first_name: name })

/** Presses the button whose label fits under a message of a direct chat. */
export function pressOnTelegram(telegram: FakeTelegram, who: Writer, under: Sent, label: RegExp): void {
  const markup = under.body.reply_markup as {
    inline_keyboard: { text: string; callback_data: string }[][]
  }
  const button = markup.inline_keyboard.flat().find(each => label.test(each.text))
  if (!button) throw new Error(`there is no button ${label}`)
  telegram.push({
    callback_query: {
      id: String(updates++),
      from: telegramUser(who),
      chat_instance: '1',
      data: button.callback_data,
      message: {
        message_id: under.messageId,
        date: 1,
        chat: { id: who.id, type: 'private', first_name: who.name },
      },
    },
  } as unknown as Update)
}

/** Somebody reacts, in the direct chat unless another is given. */
export function reactOnTelegram(
  telegram: FakeTelegram,
  who: Writer,
  message: number,
  emoji: string,
  chat: object = { id: who.id, type: 'private', first_name: who.name },
): void {
  telegram.push({
    message_reaction: {
      chat,
      message_id: message,
      user: telegramUser(who),
      date: Math.floor(Date.now() / 1000),
      old_reaction: [],
      new_reaction: [{ type: 'emoji', emoji }],
    },
  } as unknown as Update)
}

let edits = 0

/** Somebody changes what they wrote. */
export function editOnTelegram(telegram: FakeTelegram, message: Message, text: string): void {
  const edit_date = message.date + ++edits
  telegram.push({ edited_message: { ...message, text, edit_date } } as unknown as Update)
}

let interactions = BigInt(Date.now() - 1_420_070_400_000) << 22n

/** A native command or a pressed button, in a direct chat. Returns its id. */
export function interactOnDiscord(
  discord: FakeDiscord,
  who: DiscordUser,
  data: { readonly command: string; readonly text?: string } | { readonly button: string },
): string {
  const id = String(++interactions)
  const pressed = 'button' in data
  discord.dispatch('INTERACTION_CREATE', {
    id,
    application_id: '901',
    type: pressed ? 3 : 2,
    data: pressed
      ? { component_type: 2, custom_id: data.button }
      : {
          id: '1',
          name: data.command,
          type: 1,
          ...(data.text === undefined ? {} : { options: [{ name: 'text', type: 3, value: data.text }] }),
        },
    token: `t${id}`,
    channel: { id: discord.direct(who.id), type: 1 },
    user: { id: who.id, username: who.name.toLowerCase(), global_name: who.name },
    version: 1,
  })
  return id
}

/** The id of the button whose label fits. */
export function buttonOn(sent: DiscordSent, label: RegExp): string {
  const rows = sent.body.components as { components: { label: string; custom_id: string }[] }[]
  const button = rows.flatMap(row => row.components).find(each => label.test(each.label))
  if (!button) throw new Error(`there is no button ${label}`)
  return button.custom_id
}
