// From a data message to what the core understands.
import type { Attachment, Inbound, Place } from '../../src/channel.ts'
import { handleOf } from './attachments.ts'
import type { Client } from './client.ts'
import type { AttachmentPointer, DataMessage, Reaction } from './generated/signal_pb.ts'
import { parseServiceId } from './ids.ts'
import { safeName } from './names.ts'
import { heardDevice } from './store/inbound.ts'
import { nameOf, readPerson } from './store/people.ts'

/** Who wrote it, when, and where it belongs. */
export interface Origin {
  readonly sender: string
  readonly device: number
  readonly timestamp: number
  readonly place: Place
  /** In an edit: when the message was sent that this one replaces. */
  readonly edits?: number
}

const flag = { endSession: 1, timerUpdate: 2, profileKeyUpdate: 4 } as const

/** The name of a message for ever. */
const externalIdOf = (origin: Pick<Origin, 'sender' | 'device' | 'timestamp'>): string =>
  `${origin.sender}.${origin.device}.${origin.timestamp}`

/** The message for the core; undefined when it says nothing to anybody. */
export function inboundOf(client: Client, data: DataMessage, origin: Origin): Inbound | undefined {
  if ((data.flags & (flag.endSession | flag.timerUpdate | flag.profileKeyUpdate)) !== 0) return undefined
  // What is to be seen once is not for a machine that keeps things.
  const attachments = (data.isViewOnce ? [] : data.attachments).map((pointer, index) =>
    attachmentOf(pointer, index),
  )
  const { text, mentioned } = spelledOut(client, data)
  const revises = revisionOf(client, data, origin)
  const reaction = data.reaction && reactionOf(client, data.reaction)
  if (data.reaction && !reaction) return undefined
  if (text === '' && attachments.length === 0 && !revises && !reaction) return undefined
  const quote = quoteOf(client, data)
  return {
    channel: 'signal',
    externalId: externalIdOf(origin),
    place: origin.place,
    sender: {
      channel: 'signal',
      id: origin.sender,
      name: safeName(nameOf(readPerson(client.db, origin.sender))),
    },
    text,
    at: origin.timestamp,
    ...(origin.place.kind === 'group' ? { addressed: mentioned || quote?.ours === true } : {}),
    ...(quote ? { quote: quoted(quote, origin) } : {}),
    ...(attachments.length > 0 ? { attachments } : {}),
    ...(revises ? { revises } : {}),
    ...(reaction ? { reaction } : {}),
    ...(data.expireTimer ? { expiresMs: data.expireTimer * 1000 } : {}),
  }
}

/** The body with each mention written as a name, and whether we are one of them. */
function spelledOut(client: Client, data: DataMessage): { text: string; mentioned: boolean } {
  let text = data.body ?? ''
  let mentioned = false
  const mentions = data.bodyRanges
    .flatMap(range => {
      const who = parseServiceId(range.mentionAciBinary, range.mentionAci)
      return who?.kind === 'aci' ? [{ ...range, aci: who.uuid }] : []
    })
    .sort((a, b) => b.start - a.start)
  for (const { start, length, aci } of mentions) {
    const own = aci === client.account.row.aci
    mentioned ||= own
    const name = own ? 'you' : safeName(nameOf(readPerson(client.db, aci)))
    if (start + length <= text.length) text = `${text.slice(0, start)}@${name}${text.slice(start + length)}`
  }
  return { text, mentioned }
}

/** Which earlier message of the same person this one replaces or takes back. */
function revisionOf(
  client: Client,
  data: DataMessage,
  { sender, device, edits }: Origin,
): Inbound['revises'] {
  const timestamp = edits ?? (data.delete && Number(data.delete.targetSentTimestamp))
  if (timestamp === undefined) return undefined
  // Signal names a message by its author and time; ours also have the device that it came from.
  const externalId = externalIdOf({
    sender,
    device: heardDevice(client.db, sender, timestamp) ?? device,
    timestamp,
  })
  return data.delete ? { externalId, deleted: true } : { externalId }
}

/** A reaction to a message of ours; those to others, and those taken back, say nothing to us. */
function reactionOf(client: Client, reaction: Reaction): Inbound['reaction'] {
  const { row, device } = client.account
  const author = parseServiceId(reaction.targetAuthorAciBinary, reaction.targetAuthorAci)
  // One emoji may be many code points, but never a text.
  const single = [...new Intl.Segmenter().segment(reaction.emoji)].length === 1 && reaction.emoji.length <= 64
  if (reaction.remove || !single || author?.uuid !== row.aci) return undefined
  const timestamp = Number(reaction.targetSentTimestamp)
  return { to: externalIdOf({ sender: row.aci, device, timestamp }), emoji: reaction.emoji }
}

function quoteOf(
  client: Client,
  data: DataMessage,
): { author: string; text: string; ours: boolean; uuid: string } | undefined {
  if (!data.quote) return undefined
  const author = parseServiceId(data.quote.authorAciBinary, data.quote.authorAci)
  if (author?.kind !== 'aci') return undefined
  const ours = author.uuid === client.account.row.aci
  return {
    author: safeName(nameOf(readPerson(client.db, author.uuid))),
    text: data.quote.text,
    ours,
    uuid: author.uuid,
  }
}

const quoted = (
  { author, text, ours, uuid }: NonNullable<ReturnType<typeof quoteOf>>,
  { sender }: Origin,
): NonNullable<Inbound['quote']> => ({
  author,
  text,
  ...(ours ? { of: 'agent' } : uuid === sender ? { of: 'sender' } : {}),
})

const kinds = { image: 'image', audio: 'audio', video: 'video' } as const

function attachmentOf(pointer: AttachmentPointer, index: number): Attachment {
  const mime = /^[\w.+-]+\/[\w.+-]+$/.test(pointer.contentType)
    ? pointer.contentType.toLowerCase()
    : 'application/octet-stream'
  const kind = kinds[mime.split('/')[0] as keyof typeof kinds] ?? 'file'
  const name = safeName(pointer.fileName).replace(/[/\\]/g, '_') || `${kind}-${index + 1}`
  return { kind, name, mime, size: pointer.size, handle: JSON.stringify(handleOf(pointer)) }
}
