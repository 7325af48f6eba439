// A message that is answered again, as one that comes now.
import type { Inbound } from '../../channel.ts'
import type { Received } from '../../store/inbox.ts'
import { spokenText } from '../said.ts'

/**
 * What the messages of a turn said, in the place of the command that asks for it: with their files, gone when the
 * first of them would be, and no nearer to a person than they were.
 */
export function saidAgain(
  { channel, externalId, place, sender, at, expiresMs }: Inbound,
  { words, derived }: { readonly words: readonly string[]; readonly derived: boolean },
  rows: readonly Received[],
): Inbound {
  // A file is fetched where it came from, and by no other channel.
  const isFrom = (row: Received) => row.inbound.channel === channel
  const attachments = rows.filter(isFrom).flatMap(row => row.inbound.attachments ?? [])
  const lives = [expiresMs, ...rows.map(row => row.inbound.expiresMs)].filter(ms => ms !== undefined)
  // Old rows are gone before the transcript is.
  const texts =
    rows.length === 0 ? words : rows.map(row => spokenText(row.inbound, isFrom(row) ? [] : undefined))
  return {
    channel,
    externalId,
    place,
    sender,
    at,
    text: texts.join('\n\n'),
    addressed: true,
    ...(attachments.length > 0 ? { attachments } : {}),
    ...(lives.length > 0 ? { expiresMs: Math.min(...lives) } : {}),
    ...(derived ? { forwarded: true } : {}),
  }
}
