// What came with a message: images for the model's eyes, voice as words, files into the person's folder, the rest by name.
import type { Clearance } from '../access/clearance.ts'
import { transcriber } from '../agent/models/transcription.ts'
import { keepAttachment } from '../box/attachments.ts'
import type { Boxes } from '../box/room.ts'
import type { Attachment, Channel, Inbound } from '../channel.ts'
import type { Config } from '../config/load.ts'
import { messageOf } from '../errors.ts'
import type { Block } from '../store/entry.ts'
import type { Store } from '../store/store.ts'

interface ReceivedFile {
  readonly name: string
  readonly mime: string
  readonly bytes: Uint8Array
}

interface AttachmentRooms {
  readonly channel: (name: string) => Channel | undefined
  /** Puts a file into the person's folder and says its path as tools name it; null where there is no folder. */
  readonly keep: (clearance: Clearance, file: ReceivedFile, signal: AbortSignal) => Promise<string | null>
  /** Turns speech into text; null when nobody can. */
  readonly transcribe: ((file: ReceivedFile, signal: AbortSignal) => Promise<string>) | null
}

export interface Taken {
  /** A line for each attachment. */
  readonly lines: readonly string[]
  readonly images: readonly Extract<Block, { type: 'image' }>[]
}

export const nothingTaken: Taken = { lines: [], images: [] }

/** Images up to this size, in bytes, and this many are shown to the model. */
const maxImageBytes = 3_500_000
const maxImages = 10
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
  const images: Extract<Block, { type: 'image' }>[] = []
  for (const attachment of inbound.attachments ?? []) {
    const taken = await takeOne(inbound, attachment, clearance, rooms, signal)
    if (taken.image && images.length < maxImages) images.push(taken.image)
    lines.push(taken.line)
  }
  return { lines, images }
}

async function takeOne(
  inbound: Inbound,
  attachment: Attachment,
  clearance: Clearance,
  rooms: AttachmentRooms,
  signal: AbortSignal,
): Promise<{ line: string; image?: Extract<Block, { type: 'image' }> }> {
  const name = shown(attachment.name)
  const named = (note = '') => ({ line: `[attached: ${attachment.kind} ${name}${note}]` })
  const channel = rooms.channel(inbound.channel)
  if (!channel?.fetch) return named()
  if (attachment.kind === 'audio' && !rooms.transcribe && /voice/.test(attachment.name))
    return named(', which I cannot listen to: no [transcription] is configured')
  try {
    const bytes = await channel.fetch(attachment, AbortSignal.any([signal, AbortSignal.timeout(fetchMs)]))
    const file: ReceivedFile = { name: attachment.name, mime: attachment.mime, bytes }
    if (attachment.kind === 'audio' && rooms.transcribe) {
      const words = await rooms.transcribe(file, signal)
      return { line: `[attached: audio ${name}, which says:] ${words}` }
    }
    const kept = await rooms.keep(clearance, file, signal)
    const where = kept === null ? '' : `, kept as ${kept}`
    if (attachment.kind === 'image' && seen.includes(attachment.mime) && bytes.byteLength <= maxImageBytes) {
      const data = Buffer.from(bytes).toString('base64')
      return { ...named(where), image: { type: 'image', mime: attachment.mime, data, name } }
    }
    return named(where)
  } catch (error) {
    return named(`, which could not be had: ${messageOf(error)}`)
  }
}

/** Keeps files in the inbox of the person's box, where the conversation has one. */
const keepFile =
  (boxes: Boxes): AttachmentRooms['keep'] =>
  async (clearance, { name, bytes }, signal) => {
    if (!boxes.offers(clearance)?.acts) return null
    await using box = await boxes.open(clearance, () => 'derived', signal)
    return box?.acts ? keepAttachment(box, name, bytes, signal) : null
  }

/** A name that somebody else chose, on one line and without brackets that would end ours. */
const shown = (name: string): string => name.replace(/[\p{C}[\]]/gu, ' ').slice(0, 100)
