// What goes out to Telegram: text with its marks, files, buttons, and the draft that becomes the reply.
import { type Api, GrammyError, InputFile } from 'grammy'
import type { InlineKeyboardMarkup, Message } from 'grammy/types'
import type { Choice, Draft, Outbound, Place, SendResult } from '../../src/channel.ts'
import { format } from './format.ts'
import { externalIdOf, messageIn } from './inbound.ts'
import { resultOf } from './results.ts'

/** What a bot may upload, and how long a text beside a file may be. */
const maxUploadBytes = 50_000_000
const maxPhotoBytes = 10_000_000
const maxCaption = 1024
const maxChoiceBytes = 64

/** How many messages of a part are out already, by its key: text and each file are one of their own. */
export type Progress = Map<string, number>

/** One attempt at one part of a reply. Files go after the text; a repeat begins where the last attempt broke off. */
export async function send(
  api: Api,
  outbound: Outbound,
  progress: Progress,
  signal: AbortSignal,
): Promise<SendResult> {
  const tooLarge = outbound.attachments?.find(file => file.bytes.byteLength > maxUploadBytes)
  if (tooLarge)
    return {
      kind: 'refused',
      reason: `${tooLarge.name} is larger than the 50 MB that Telegram takes from a bot`,
    }
  const { key, attachments = [] } = outbound
  try {
    let last: SendResult = { kind: 'sent' }
    for (const [index, step] of stepsOf(api, outbound, attachments, signal).entries()) {
      if (index < (progress.get(key) ?? 0)) continue
      last = await step()
      if (attachments.length > 0) progress.set(key, index + 1)
    }
    progress.delete(key)
    return last
  } catch (error) {
    const result = resultOf(error)
    if (result.kind === 'refused') progress.delete(key)
    return result
  }
}

/** The messages that a part becomes, in order. */
function stepsOf(
  api: Api,
  outbound: Outbound,
  files: NonNullable<Outbound['attachments']>,
  signal: AbortSignal,
): (() => Promise<SendResult>)[] {
  const { replaces, text } = outbound
  const [first] = files
  const asCaption =
    first !== undefined && replaces === undefined && format(text).text.length <= maxCaption ? text : ''
  const words = async () =>
    (replaces === undefined ? null : await replace(api, outbound, replaces, signal)) ??
    sent(await sendText(api, outbound, signal), outbound.place)
  return [
    ...(asCaption === '' && (text.trim() !== '' || !first) ? [words] : []),
    ...files.map(
      file => async () =>
        sent(await sendFile(api, outbound, file, file === first ? asCaption : '', signal), outbound.place),
    ),
  ]
}

/** Shows or edits a draft. */
export async function show(api: Api, draft: Draft, signal: AbortSignal): Promise<SendResult> {
  try {
    if (draft.externalId === undefined) return sent(await sendText(api, draft, signal), draft.place)
    return (
      (await replace(api, draft, draft.externalId, signal)) ?? {
        kind: 'refused',
        reason: 'the draft is gone',
      }
    )
  } catch (error) {
    return resultOf(error)
  }
}

/** Whatever else the answer holds: what was taken is not sent again. */
function sent(message: Partial<Message> | undefined, place: Place): SendResult {
  const number = message?.message_id
  return number === undefined
    ? { kind: 'sent' }
    : { kind: 'sent', externalId: externalIdOf(message?.chat?.id ?? place.id, number) }
}

type Text = Pick<Outbound, 'place' | 'text' | 'replyTo' | 'choices'>

async function sendText(api: Api, text: Text, signal: AbortSignal): Promise<Message> {
  const { text: words, entities } = format(text.text)
  const extra = { ...addressed(text), ...keyboard(text.choices), link_preview_options: { is_disabled: true } }
  try {
    return await api.sendMessage(text.place.id, words, { ...extra, entities }, signal as never)
  } catch (error) {
    if (!isAboutEntities(error)) throw error
    return await api.sendMessage(text.place.id, text.text, extra, signal as never)
  }
}

/** Edits a message into `text`; null when it is gone. */
async function replace(
  api: Api,
  text: Text,
  externalId: string,
  signal: AbortSignal,
): Promise<SendResult | null> {
  const { text: words, entities } = format(text.text)
  const extra = { ...keyboard(text.choices), link_preview_options: { is_disabled: true } }
  const id = messageIn(text.place.id, externalId)
  if (Number.isNaN(id)) return null
  try {
    await api.editMessageText(text.place.id, id, words, { ...extra, entities }, signal as never)
  } catch (error) {
    if (isAboutEntities(error))
      await api.editMessageText(text.place.id, id, text.text, extra, signal as never)
    else if (isGone(error)) return null
    else if (!isUnchanged(error)) throw error
  }
  return { kind: 'sent', externalId }
}

async function sendFile(
  api: Api,
  { place, replyTo, choices }: Text,
  file: NonNullable<Outbound['attachments']>[number],
  caption: string,
  signal: AbortSignal,
): Promise<Message> {
  const { text, entities } = format(caption, maxCaption)
  const extra = {
    ...addressed({ place, ...(replyTo === undefined ? {} : { replyTo }) }),
    ...keyboard(choices),
    ...(caption ? { caption: text, caption_entities: entities } : {}),
  }
  const input = () => new InputFile(file.bytes, file.name)
  if (/^image\/(jpeg|png|webp)$/.test(file.mime) && file.bytes.byteLength <= maxPhotoBytes) {
    try {
      return await api.sendPhoto(place.id, input(), extra, signal as never)
    } catch (error) {
      // A picture that Telegram cannot show is still a file.
      if (!isAboutPhoto(error)) throw error
    }
  }
  return await api.sendDocument(place.id, input(), extra, signal as never)
}

/** The topic, and the message that is answered. */
export function addressed({ place, replyTo }: { readonly place: Place; readonly replyTo?: string }) {
  const answered = replyTo === undefined ? Number.NaN : messageIn(place.id, replyTo)
  return {
    ...(place.thread === undefined ? {} : { message_thread_id: Number(place.thread) }),
    ...(Number.isInteger(answered)
      ? { reply_parameters: { message_id: answered, allow_sending_without_reply: true } }
      : {}),
  }
}

function keyboard(choices: readonly Choice[] | undefined): { reply_markup?: InlineKeyboardMarkup } {
  const fitting = (choices ?? []).filter(({ id }) => Buffer.byteLength(id) <= maxChoiceBytes)
  if (fitting.length === 0) return {}
  const buttons = fitting.map(({ id, label }) => ({ text: label, callback_data: id }))
  const rows = Array.from({ length: Math.ceil(buttons.length / 2) }, (_, row) =>
    buttons.slice(row * 2, row * 2 + 2),
  )
  return { reply_markup: { inline_keyboard: rows } }
}

const said = (error: unknown, pattern: RegExp): boolean =>
  error instanceof GrammyError && error.error_code === 400 && pattern.test(error.description)
/** Marks, and the addresses in them. */
const isAboutEntities = (error: unknown): boolean => said(error, /entit|\burl\b|protocol/i)
const isAboutPhoto = (error: unknown): boolean => said(error, /photo|image_process/i)
const isGone = (error: unknown): boolean =>
  said(error, /message to edit not found|message can't be edited|MESSAGE_ID_INVALID/i)
const isUnchanged = (error: unknown): boolean => said(error, /message is not modified/i)
