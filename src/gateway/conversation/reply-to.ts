// Which message a reply names as the one it answers.
import type { Outbound, Place } from '../../channel.ts'
import type { Received } from '../../store/inbox.ts'

/** In a group a reply names what it answers. */
export const replyTo = (place: Place, rows: readonly Received[]): { replyTo?: string } => {
  const last = rows.at(-1)
  return place.kind === 'group' && last ? { replyTo: last.inbound.externalId } : {}
}

/** The message a reply answers, for the channel; named in the chat itself only in a group. */
export const answered = (place: Place, rows: readonly Received[]): Pick<Outbound, 'replyTo' | 'answers'> => {
  const last = rows.at(-1)
  return { ...replyTo(place, rows), ...(last ? { answers: last.inbound.externalId } : {}) }
}
