// What came with a message: images and documents for the model to read, voice as words, files into the person's folder, the rest by name.
import type { Clearance } from '../../access/clearance.ts'
import { transcriber } from '../../agent/models/transcription.ts'
import { keepAttachment } from '../../box/attachments.ts'
import type { Boxes } from '../../box/room.ts'
import type { Attachment, Channel, Inbound } from '../../channel.ts'
import type { Config } from '../../config/load.ts'
import { messageOf } from '../../errors.ts'
import type { Block } from '../../store/entry.ts'
import type { Store } from '../../store/store.ts'
import { readDocument, type SentFile } from './documents.ts'

interface AttachmentRooms {
  readonly channel: (name: string) => Channel | undefined
  /** Puts a file into the person's folder and says its path as tools name it; null where there is no folder. */
  readonly keep: (clearance: Clearance, file: SentFile, signal: AbortSignal) => Promise<string | null>
  /** Turns speech into text; null when nobody can. */
  readonly transcribe: ((file: SentFile, signal: AbortSignal) => Promise<string>) | null
}

export interface Taken {
  /** A line for each attachment. */
  readonly lines: readonly string[]
  /** Images and documents as the model reads them. */
  readonly files: readonly Shown[]
}

type Shown = Extract<Block, { type: 'image' | 'document' }>

export const nothingTaken: Taken = { lines: [], files: [] }

/** Images up to this size, in bytes, and this many are shown to the model. */
const maxImageBytes = 3_500_000
const maxImages = 10
/** Documents of one message: each is paid for again with every request. */
const maxDocuments = 5
const seen = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']
const fetchMs = 60_000

export interface AttachmentOptions {
  readonly channel: (name: string) => Channel | undefined
  readonly boxes: Boxes
  readonly expiring: Pick<Store['expiring'], 'noteFile'>
  readonly config: () => Config
}

export type TakeAttachments = (inbound: Inbound, clearance: Clearance, signal: AbortSignal) => Promise<Taken>

/** Takes attachments into the boxes of this gateway; the file of a message that will disappear is noted. */
export const openAttachments =
  ({ channel, boxes, expiring, config }: AttachmentOptions): TakeAttachments =>
  (inbound, clearance, signal) => {
    const keep: AttachmentRooms['keep'] = async (...file) => {
      const path = await keepFile(boxes)(...file)
      if (path !== null && inbound.expiresMs !== undefined) expiring.noteFile(inbound, path)
      return path
    }
    return takeAttachments(inbound, clearance, { channel, keep, transcribe: transcriber(config()) }, signal)
  }

/** Takes in what is attached to a cleared message. Never throws: what could not be had is said in its line. */
async function takeAttachments(
  inbound: Inbound,
  clearance: Clearance,
  rooms: AttachmentRooms,
  signal: AbortSignal,
): Promise<Taken> {
  const lines: string[] = []
  const files: Shown[] = []
  for (const attachment of inbound.attachments ?? []) {
    const { line, file } = await takeOne(inbound, attachment, clearance, rooms, signal)
    const most = file?.type === 'document' ? maxDocuments : maxImages
    const isShown = file !== undefined && files.filter(({ type }) => type === file.type).length < most
    if (isShown) files.push(file)
    lines.push(file && !isShown ? line.replace(/\]$/, ', not shown: too many at once]') : line)
  }
  return { lines, files }
}

async function takeOne(
  inbound: Inbound,
  attachment: Attachment,
  clearance: Clearance,
  rooms: AttachmentRooms,
  signal: AbortSignal,
): Promise<{ line: string; file?: Shown }> {
  const name = shown(attachment.name)
  const named = (note = '') => ({ line: `[attached: ${attachment.kind} ${name}${note}]` })
  const channel = rooms.channel(inbound.channel)
  if (!channel?.fetch) return named()
  if (attachment.kind === 'audio' && !rooms.transcribe && /voice/.test(attachment.name))
    return named(', which I cannot listen to: no [transcription] is configured')
  try {
    const bytes = await channel.fetch(attachment, AbortSignal.any([signal, AbortSignal.timeout(fetchMs)]))
    const file: SentFile = { name: attachment.name, mime: attachment.mime, bytes }
    if (attachment.kind === 'audio' && rooms.transcribe) {
      const words = await rooms.transcribe(file, signal)
      return { line: `[attached: audio ${name}, which says:] ${words}` }
    }
    const kept = await rooms.keep(clearance, file, signal)
    const where = kept === null ? '' : `, kept as ${kept}`
    if (attachment.kind === 'image' && seen.includes(attachment.mime)) {
      if (bytes.byteLength > maxImageBytes) return named(`${where}, not shown: it is too large`)
      const data = Buffer.from(bytes).toString('base64')
      return { ...named(where), file: { type: 'image', mime: attachment.mime, data, name } }
    }
    const reading = readDocument({ ...file, name })
    if (reading.kind === 'document') return { ...named(where), file: reading.document }
    return named(reading.kind === 'other' ? where : `${where}, not shown: ${reading.why}`)
  } catch (error) {
    return named(`, which could not be had: ${messageOf(error)}`)
  }
}

/** Keeps files in the inbox of the person's box, where the conversation has one. */
const keepFile =
  (boxes: Boxes): AttachmentRooms['keep'] =>
  async (clearance, { name, bytes }, signal) => {
    // What comes with the first message is not to be lost because the box is still being tried.
    await boxes.proof(signal)
    if (!boxes.offers(clearance)?.acts) return null
    await using box = await boxes.open(clearance, () => 'derived', signal)
    return box?.acts ? keepAttachment(box, name, bytes, signal) : null
  }

/** A name that somebody else chose, on one line and without brackets that would end ours. */
const shown = (name: string): string => name.replace(/[\p{C}[\]]/gu, ' ').slice(0, 100)
