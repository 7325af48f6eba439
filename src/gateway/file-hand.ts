// Brings a file that the agent made to the people of its conversation: sealed like a reply, in order with it, once.
import type { Clearance } from '../access/clearance.ts'
import type { Channel, Outbound } from '../channel.ts'
import { inLanes } from '../delivery/parts.ts'
import { seal } from '../delivery/seal.ts'
import type { Sender } from '../delivery/sender.ts'
import type { Session } from '../store/sessions.ts'
import type { Store } from '../store/store.ts'
import type { FileHand } from '../tools/hands/box.ts'
import { newTrace } from '../trace/trace.ts'
import type { Live } from './live.ts'

export interface FileHandOptions {
  readonly store: Store
  readonly sender: Sender
  readonly live: Live
  readonly channel: (name: string) => Channel | undefined
  readonly now: () => number
}

/** Null for work that nobody watches, and where the channel is not running. */
export function fileHand(
  clearance: Clearance,
  session: Session,
  callId: string,
  options: FileHandOptions,
): FileHand | null {
  const { place } = clearance
  const channel = options.channel(place.channel)
  if (session.kind === 'job' || !channel) return null
  return {
    send({ name, bytes, host }, caption) {
      const { store, now } = options
      const { local } = channel.capabilities
      // Who sits at this computer needs no copy.
      const text = local ? [caption, `File: ${host}`].filter(Boolean).join('\n') : caption
      const sealed = seal(text, clearance)
      const attachments = [{ name, mime: mimeOf(name), bytes }]
      const outbound: Outbound = {
        key: `file:${callId}`,
        place,
        text: sealed.open(clearance),
        ...(local ? {} : { attachments }),
      }
      const trace = newTrace()
      const turn = local ? null : callId.slice(0, callId.indexOf(':'))
      const part = { outbound, labels: sealed.labels, grant: sealed.grant, turn, trace }
      const shown = { role: 'notice', blocks: [{ type: 'text', text }], author: null } as const
      const done = store.post(
        {
          place: { session: session.id, epoch: session.epoch, turn: null, trace },
          entries: local ? [{ ...shown, labels: sealed.labels, origin: 'agent' }] : [],
          parts: inLanes([part], options.sender.idle),
        },
        now(),
      )
      options.live.entries(done.entries)
      options.sender.take(done.rows)
      return local ? `The person is shown where it lies: ${host}` : `${name} is on its way.`
    },
  }
}

const mimes: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  gif: 'image/gif',
  html: 'text/html',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  json: 'application/json',
  md: 'text/markdown',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  ogg: 'audio/ogg',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain',
  webp: 'image/webp',
  zip: 'application/zip',
}

/** By the name's ending, as platforms and phones go by it. */
const mimeOf = (name: string): string =>
  mimes[name.slice(name.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream'
