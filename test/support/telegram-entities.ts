// What the Bot API says to entities that it does not take.
import type { MessageEntity } from 'grammy/types'

const isCode = ({ type }: MessageEntity): boolean => type === 'code' || type === 'pre'

/** The description of its 400; null when all is well. */
export function faultOfEntities(text: string, entities: readonly MessageEntity[]): string | null {
  for (const entity of entities) {
    const { offset, length } = entity
    const covered = text.slice(offset, offset + length)
    if (offset < 0 || length <= 0 || offset + length > text.length || !covered.isWellFormed())
      return 'Bad Request: ENTITY_BOUNDS_INVALID'
    if (entity.type === 'text_link' && !/^(https?:\/\/[^\s/]+\.\p{L}|tg:)/u.test(entity.url))
      return `Bad Request: Wrong HTTP URL specified: ${entity.url}`
    for (const other of entities) {
      if (other === entity || other.offset >= offset + length || offset >= other.offset + other.length)
        continue
      const partial =
        (other.offset < offset && other.offset + other.length < offset + length) ||
        (other.offset > offset && other.offset + other.length > offset + length)
      if (partial) return "Bad Request: can't parse entities: they overlap"
      const quotes = [entity, other].filter(({ type }) => type === 'blockquote').length
      if (quotes === 2 || (quotes === 0 && (isCode(entity) || isCode(other))))
        return `Bad Request: can't parse entities: ${entity.type} in ${other.type}`
    }
  }
  return entities.length > 100 ? 'Bad Request: too many entities' : null
}
