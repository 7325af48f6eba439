// Entities as Telegram allows them: code holds and is held by no other mark, links and quotes are not nested.
import type { MessageEntity } from 'grammy/types'

/** What Telegram reads of one message. */
const mostEntities = 100

const isCode = ({ type }: MessageEntity): boolean => type === 'code' || type === 'pre'
const endOf = ({ offset, length }: MessageEntity): number => offset + length
const meet = (a: MessageEntity, b: MessageEntity): boolean => a.offset < endOf(b) && b.offset < endOf(a)

/** The entities in order; a mark that code stands in ends before it and goes on behind it. */
export function allowed(entities: readonly MessageEntity[], text: string): MessageEntity[] {
  const links: MessageEntity[] = []
  for (const link of ofType(entities, 'text_link'))
    if (!links.some(outer => meet(outer, link))) links.push(link)
  const codes: MessageEntity[] = []
  for (const code of entities.filter(isCode)) {
    if (![...links, ...codes].some(other => meet(other, code))) codes.push(code)
  }
  const others = entities.filter(entity => entity.type !== 'text_link' && !isCode(entity))
  return [...links, ...codes, ...others.flatMap(entity => around(entity, codes, text))]
    .sort((a, b) => a.offset - b.offset || b.length - a.length)
    .slice(0, mostEntities)
}

/** The outermost first. */
const ofType = (entities: readonly MessageEntity[], type: MessageEntity['type']): MessageEntity[] =>
  entities.filter(entity => entity.type === type).sort((a, b) => a.offset - b.offset || b.length - a.length)

function around(entity: MessageEntity, codes: readonly MessageEntity[], text: string): MessageEntity[] {
  // A quote may hold anything but a quote.
  if (entity.type === 'blockquote') return [entity]
  let pieces = [{ from: entity.offset, to: endOf(entity) }]
  for (const code of codes) {
    pieces = pieces.flatMap(({ from, to }) =>
      code.offset >= to || endOf(code) <= from
        ? [{ from, to }]
        : [
            { from, to: code.offset },
            { from: endOf(code), to },
          ],
    )
  }
  return pieces.flatMap(({ from, to }) =>
    from < to && text.slice(from, to).trim() !== '' ? [{ ...entity, offset: from, length: to - from }] : [],
  )
}

/** Whether Telegram takes an address under other words: one of the web, or of its own. */
export function canBeLinked(address: string): boolean {
  const url = URL.parse(address)
  if (!url || address.length > 2_000) return false
  return (
    url.protocol === 'tg:' ||
    (/^https?:$/.test(url.protocol) && /.\.\p{L}[\p{L}\p{N}-]*$/u.test(url.hostname))
  )
}
