// What a message says, as the transcript keeps it and the model reads it.
import type { Household, Person, Speaker } from '../access/household.ts'
import type { Inbound } from '../channel.ts'
import { type Origin, originOf, worst } from '../store/entry.ts'
import type { Received } from '../store/inbox.ts'

/** An author who is nobody we know is kept by the name they give themselves. */
export const strangerAuthor = (name: string): string =>
  `~${
    name
      .replace(/[\p{C}\n:]/gu, ' ')
      .trim()
      .slice(0, 60) || 'someone'
  }`

/** The name that an author of the transcript goes by. */
export const authorName = (author: string, household: Household): string =>
  household.people.get(author)?.name ?? author.replace(/^~/, '')

/** What a message says, with what it answers and, in `lines`, what became of its attachments. */
export function spokenText(inbound: Inbound, lines: readonly string[] = named(inbound)): string {
  const quote = inbound.quote
    ? `[in answer to ${inbound.quote.author}: “${inbound.quote.text.slice(0, 500)}”]\n`
    : ''
  return clean(`${quote}${[inbound.text, ...lines].join('\n')}`).trim()
}

/** Where the words came from: what somebody hands on is not their own. */
export function spokenOrigin({ forwarded }: Inbound, person: Person | null): Origin {
  const own = originOf(person?.level ?? 'public')
  return forwarded ? worst([own, 'derived']) : own
}

/** Whether `next` is the one who wrote `first`: two strangers are never one. */
export function isSameVoice(next: Speaker, speaker: Speaker, first: Received | undefined): boolean {
  if (next.kind === 'person') return speaker.kind === 'person' && next.person.id === speaker.person.id
  const { sender } = first?.inbound ?? {}
  return (
    speaker.kind === 'stranger' && next.sender.channel === sender?.channel && next.sender.id === sender.id
  )
}

const named = ({ attachments = [] }: Inbound): string[] =>
  attachments.map(({ kind, name }) => `[attached: ${kind} ${name}]`)

/** Without lone surrogates and control characters, which providers refuse. */
const clean = (text: string): string =>
  text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '')
