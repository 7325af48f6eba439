// A text as the messages of a chat: up to so many as it takes; of one longer than anybody reads there, its beginning and a file with all of it.
import type { Channel, Outbound } from '../channel.ts'
import { split } from './split.ts'

type Message = Pick<Outbound, 'text' | 'attachments'>

/** A platform takes one message a second and chat, or less: more of them keep the chat closed for whatever comes next. */
const mostMessages = 10
const restIsInFile = '[This is longer than a chat can show. The file holds all of it.]'

/** The messages in order; none is empty. */
export function messagesOf(
  text: string,
  { prepare, capabilities: { maxTextLength, local } }: Pick<Channel, 'prepare' | 'capabilities'>,
): Message[] {
  const most = local ? Number.POSITIVE_INFINITY : mostMessages
  // What is far behind the last message that is sent need not be made ready for it.
  const [head = ''] = split(text, maxTextLength * most)
  const texts = split(prepare?.(head) ?? head, maxTextLength).filter(each => each.trim() !== '')
  if (head === text && texts.length <= most) return texts.map(each => ({ text: each }))
  const whole = { name: 'reply.md', mime: 'text/markdown', bytes: new TextEncoder().encode(text) }
  return [
    ...texts.slice(0, most - 1).map(each => ({ text: each })),
    { text: restIsInFile, attachments: [whole] },
  ]
}
