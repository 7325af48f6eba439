// Markdown to text with entities: what is marked stays marked, what Telegram lacks becomes readable text.
import type { MessageEntity } from 'grammy/types'
import { lexer } from 'marked'
import { type Mark, type MarkdownWriter, writeMarkdown } from '../markdown.ts'

export interface Formatted {
  readonly text: string
  readonly entities: MessageEntity[]
}

/** Formats Markdown into at most `limit` UTF-16 units; text that grows beyond it goes out as it was written. */
export function format(markdown: string, limit = 4096): Formatted {
  const writer = openWriter()
  writeMarkdown(lexer(markdown), writer)
  const formatted = writer.end()
  return formatted.text === '' || formatted.text.length > limit ? { text: markdown, entities: [] } : formatted
}

type Marking =
  | { type: Mark }
  | { type: 'pre'; language?: string }
  | { type: 'text_link'; url: string }
  | { type: 'blockquote' }

function openWriter(): MarkdownWriter & { end(): Formatted } {
  let text = ''
  const entities: MessageEntity[] = []
  const write = (more: string) => {
    text += more
  }
  const mark = (entity: Marking, inner: () => void) => {
    const offset = text.length
    inner()
    const length = text.slice(offset).trimEnd().length
    if (length > 0) entities.push({ ...entity, offset, length } as MessageEntity)
  }
  return {
    words: write,
    exact: write,
    gap(lines) {
      if (text === '') return
      const have = /\n*$/.exec(text)![0].length
      text += '\n'.repeat(Math.max(0, lines - have))
    },
    mark: (type, inner) => mark({ type }, inner),
    code: (block, language) => mark({ type: 'pre', ...(language ? { language } : {}) }, () => write(block)),
    quote: inner => mark({ type: 'blockquote' }, inner),
    link: (url, inner) => mark({ type: 'text_link', url }, inner),
    image: (url, words) => mark({ type: 'text_link', url }, () => write(words || url)),
    end() {
      const trimmed = text.trimEnd()
      return {
        text: trimmed,
        entities: entities.filter(({ offset, length }) => offset + length <= trimmed.length),
      }
    },
  }
}
