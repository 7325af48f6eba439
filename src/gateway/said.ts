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

/** The name that an author of the transcript goes by. Whoever nobody knows may call themselves like somebody known. */
export const authorName = (author: string, household: Household): string =>
  author.startsWith('~') ? `${author.slice(1)} (not known)` : (household.people.get(author)?.name ?? author)

/** What a message says, with what it answers and, in `lines`, what became of its attachments. */
export function spokenText(inbound: Inbound, lines: readonly string[] = named(inbound)): string {
  const quote = inbound.quote
    ? `[in answer to ${quotedName(inbound.quote)}: “${onOneLine(inbound.quote.text).slice(0, 500)}”]\n`
    : ''
  return clean(`${quote}${[inbound.text, ...lines].join('\n')}`).trim()
}

/** Where the words came from: what somebody hands on is not their own. */
export function spokenOrigin({ forwarded, quote }: Inbound, person: Person | null): Origin {
  const own = originOf(person?.level ?? 'public')
  return forwarded || (quote && quote.of === undefined) ? worst([own, 'derived']) : own
}

/** Whether `next` is the one who wrote `first`: two strangers are never one. */
export function isSameVoice(next: Speaker, speaker: Speaker, first: Received | undefined): boolean {
  if (next.kind === 'person') return speaker.kind === 'person' && next.person.id === speaker.person.id
  const { sender } = first?.inbound ?? {}
  return (
    speaker.kind === 'stranger' && next.sender.channel === sender?.channel && next.sender.id === sender.id
  )
}

/** “You” is the agent alone, whatever others call themselves. */
function quotedName({ author, of }: NonNullable<Inbound['quote']>): string {
  if (of === 'agent') return 'you'
  const name = onOneLine(author)
    .replace(/[[\]:]/g, ' ')
    .trim()
  return /^you$/i.test(name) ? '"you"' : name
}

/** What somebody else wrote does not leave its quotation marks. */
const onOneLine = (text: string): string =>
  text
    .slice(0, 1_000)
    .split(/[\r\n\u2028\u2029]+/)
    .map(line => line.trim())
    .filter(Boolean)
    .join(' ⏎ ')
    .replace(/[“”]/g, '"')

const named = ({ attachments = [] }: Inbound): string[] =>
  attachments.map(({ kind, name }) => `[attached: ${kind} ${name}]`)

/** Without lone surrogates and control characters, which providers refuse. */
const clean = (text: string): string =>
  text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '')
