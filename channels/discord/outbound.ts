// What goes out to Discord: text, files, buttons, and the draft that becomes the reply.
import { createHash } from 'node:crypto'
import type { REST } from '@discordjs/rest'
import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIMessage,
  ButtonStyle,
  ComponentType,
  MessageFlags,
  Routes,
} from 'discord-api-types/v10'
import type { Choice, Draft, Outbound, Place, SendResult } from '../../src/channel.ts'
import { isGone, resultOf } from './results.ts'

export interface Target {
  readonly rest: REST
  /** The id of the channel that a place is. */
  readonly channelOf: (place: Place, signal: AbortSignal) => Promise<string>
}

const maxUploadBytes = 10_000_000
const maxChoices = 25
const maxFiles = 10

/** One attempt at one part. Discord drops a repeat of its nonce. */
export async function send(target: Target, outbound: Outbound, signal: AbortSignal): Promise<SendResult> {
  const tooLarge = outbound.attachments?.find(file => file.bytes.byteLength > maxUploadBytes)
  if (tooLarge)
    return {
      kind: 'refused',
      reason: `${tooLarge.name} is larger than the 10 MB that Discord takes from a bot`,
    }
  if ((outbound.attachments?.length ?? 0) > maxFiles)
    return { kind: 'refused', reason: `Discord takes at most ${maxFiles} files in one message` }
  try {
    const channel = await target.channelOf(outbound.place, signal)
    if (outbound.replaces !== undefined) {
      const edited = await edit(target.rest, channel, outbound.replaces, outbound, signal)
      if (edited) return edited
    }
    return await create(target.rest, channel, outbound, signal)
  } catch (error) {
    return resultOf(error)
  }
}

/** Shows or edits a draft. */
export async function show(target: Target, draft: Draft, signal: AbortSignal): Promise<SendResult> {
  try {
    const channel = await target.channelOf(draft.place, signal)
    if (draft.externalId === undefined) return await create(target.rest, channel, draft, signal)
    const edited = await edit(target.rest, channel, draft.externalId, draft, signal)
    return edited ?? { kind: 'refused', reason: 'the draft is gone' }
  } catch (error) {
    return resultOf(error)
  }
}

type Part = Pick<Outbound, 'key' | 'text' | 'replyTo' | 'choices' | 'attachments'>

async function create(rest: REST, channel: string, part: Part, signal: AbortSignal): Promise<SendResult> {
  const message = (await rest.post(Routes.channelMessages(channel), {
    signal,
    ...filesOf(part),
    body: {
      content: part.text,
      nonce: nonceOf(part.key),
      enforce_nonce: true,
      // Nobody is rung by what the agent quotes.
      allowed_mentions: { parse: [] },
      flags: MessageFlags.SuppressEmbeds,
      components: buttons(part.choices),
      ...(part.replyTo !== undefined && /^\d+/.test(part.replyTo)
        ? { message_reference: { message_id: /^\d+/.exec(part.replyTo)![0], fail_if_not_exists: false } }
        : {}),
    },
  })) as APIMessage
  return { kind: 'sent', externalId: message.id }
}

/** Edits a message; null when it is gone. */
async function edit(
  rest: REST,
  channel: string,
  id: string,
  part: Pick<Part, 'text' | 'choices' | 'attachments'>,
  signal: AbortSignal,
): Promise<SendResult | null> {
  try {
    const body = {
      content: part.text,
      components: buttons(part.choices),
      allowed_mentions: { parse: [] },
      // What is named here stands under the message, so that a repeat adds nothing.
      attachments: (part.attachments ?? []).map(({ name }, index) => ({ id: index, filename: name })),
    }
    await rest.patch(Routes.channelMessage(channel, id), { body, signal, ...filesOf(part) })
    return { kind: 'sent', externalId: id }
  } catch (error) {
    if (isGone(error)) return null
    throw error
  }
}

function filesOf({ attachments = [] }: Pick<Part, 'attachments'>) {
  const files = attachments.map(({ name, mime, bytes }) => ({ name, contentType: mime, data: bytes }))
  return files.length > 0 ? { files } : {}
}

/** At most 25 characters, the same for the same key. */
const nonceOf = (key: string): string => createHash('sha256').update(key).digest('base64url').slice(0, 25)

function buttons(choices: readonly Choice[] = []): APIActionRowComponent<APIButtonComponentWithCustomId>[] {
  const all = choices.slice(0, maxChoices).map(
    ({ id, label }): APIButtonComponentWithCustomId => ({
      type: ComponentType.Button,
      style: ButtonStyle.Secondary,
      custom_id: id,
      label: label.slice(0, 80),
    }),
  )
  return Array.from({ length: Math.ceil(all.length / 5) }, (_, row) => ({
    type: ComponentType.ActionRow,
    components: all.slice(row * 5, row * 5 + 5),
  }))
}
