// What a message says, as the transcript keeps it and the model reads it.
import type { Inbound } from '../channel.ts'

/** An author who is nobody we know is kept by the name they give themselves. */
export const strangerAuthor = (name: string): string =>
  `~${
    name
      .replace(/[\p{C}\n:]/gu, ' ')
      .trim()
      .slice(0, 60) || 'someone'
  }`

/** What a message says, with what it answers and, in `lines`, what became of its attachments. */
export function spokenText(inbound: Inbound, lines: readonly string[] = named(inbound)): string {
  const quote = inbound.quote
    ? `[in answer to ${inbound.quote.author}: “${inbound.quote.text.slice(0, 500)}”]\n`
    : ''
  return clean(`${quote}${[inbound.text, ...lines].join('\n')}`).trim()
}

const named = ({ attachments = [] }: Inbound): string[] =>
  attachments.map(({ kind, name }) => `[attached: ${kind} ${name}]`)

/** Without lone surrogates and control characters, which providers refuse. */
const clean = (text: string): string =>
  text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '')
