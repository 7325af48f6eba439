// The marks on a received text as Markdown, so that code, links and quotes are read as they were meant.
import type { MessageEntity } from 'grammy/types'

/** The text with its marks. A command stays as it was typed. */
export function markdownOf(text: string, entities: readonly MessageEntity[]): string {
  if (text.startsWith('/')) return text
  const marks = entities.flatMap(entity => {
    const [open, close] = around(entity, text)
    const { offset, length } = entity
    return open === '' ? [] : [{ offset, end: offset + length, open, close }]
  })
  if (marks.length === 0) return text
  let marked = ''
  for (let at = 0; at <= text.length; at++) {
    for (const { close } of marks.filter(mark => mark.end === at).sort((a, b) => b.offset - a.offset))
      marked += close
    for (const { open } of marks.filter(mark => mark.offset === at).sort((a, b) => b.end - a.end))
      marked += open
    marked += text[at] ?? ''
    const quoted =
      text[at] === '\n' && marks.some(mark => mark.open === '> ' && mark.offset <= at && at + 1 < mark.end)
    if (quoted) marked += '> '
  }
  return marked
}

function around(entity: MessageEntity, text: string): readonly [string, string] {
  const { type, offset, length } = entity
  const before = offset === 0 || text[offset - 1] === '\n' ? '' : '\n'
  const after = offset + length >= text.length || text[offset + length] === '\n' ? '' : '\n'
  switch (type) {
    case 'bold':
      return ['**', '**']
    case 'italic':
      return ['_', '_']
    case 'strikethrough':
      return ['~~', '~~']
    case 'code':
      return ['`', '`']
    case 'pre':
      return [`${before}\`\`\`${entity.language ?? ''}\n`, `\n\`\`\`${after}`]
    case 'blockquote':
    case 'expandable_blockquote':
      return ['> ', after]
    case 'text_link':
      return ['[', `](${entity.url})`]
    default:
      return ['', '']
  }
}
