// "@Name" in what we write to a group becomes a mention that the person's phone shows as one.
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { BodyRangeSchema } from './generated/signal_pb.ts'
import { bytesOfUuid } from './ids.ts'

export interface Member {
  readonly aci: string
  readonly name: string
}

const mark = '\ufffc'

/** The text with each name of a member replaced by a mark, and what the marks stand for. */
export function withMentions(
  text: string,
  members: readonly Member[],
): { readonly body: string; readonly bodyRanges: readonly MessageInitShape<typeof BodyRangeSchema>[] } {
  // The longest name first: "@Bob Bee" is not "@Bob".
  const known = members.filter(member => member.name !== '').sort((a, b) => b.name.length - a.name.length)
  const bodyRanges: MessageInitShape<typeof BodyRangeSchema>[] = []
  let body = ''
  for (let at = 0; at < text.length; ) {
    const member =
      text[at] === '@' &&
      known.find(({ name }) => text.startsWith(name, at + 1) && !isWord(text, at + 1 + name.length))
    if (member && !isWord(text, at - 1)) {
      bodyRanges.push({ start: body.length, length: 1, mentionAciBinary: bytesOfUuid(member.aci) })
      body += mark
      at += 1 + member.name.length
    } else {
      body += text[at]
      at += 1
    }
  }
  return { body, bodyRanges }
}

const isWord = (text: string, at: number): boolean => /[\p{L}\p{N}_]/u.test(text[at] ?? '')
