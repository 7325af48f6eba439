// Markdown to text with entities: what is marked stays marked, what Telegram lacks becomes readable text.
import type { MessageEntity } from 'grammy/types'
import { openLines } from '../lines.ts'
import { blocksOf } from '../markdown.ts'
import { type Mark, type MarkdownWriter, writeMarkdown } from '../markdown-writer.ts'
import { allowed, canBeLinked } from './entities.ts'

export interface Formatted {
  readonly text: string
  readonly entities: MessageEntity[]
}

type Marking =
  | { type: Mark }
  | { type: 'pre'; language?: string }
  | { type: 'text_link'; url: string }
  | { type: 'blockquote' }

/** Formats Markdown into at most `limit` UTF-16 units; text that grows beyond it goes out as it was written. */
export function format(markdown: string, limit = 4096): Formatted {
  const writer = openWriter()
  writeMarkdown(blocksOf(markdown), writer)
  const formatted = writer.end()
  return formatted.text === '' || formatted.text.length > limit ? { text: markdown, entities: [] } : formatted
}

function openWriter(): MarkdownWriter & { end(): Formatted } {
  const lines = openLines()
  const { write, behind, gap } = lines
  const entities: MessageEntity[] = []
  const mark = (entity: Marking, inner: () => void) => {
    const { offset, length } = lines.span(inner)
    if (length > 0) entities.push({ ...entity, offset, length } as MessageEntity)
  }
  /** What cannot be followed on Telegram stands behind its words, a place in the same text not at all. */
  const link = (address: string, words: string, inner: () => void) => {
    if (canBeLinked(address)) return mark({ type: 'text_link', url: address }, inner)
    inner()
    if (words !== '' && !address.startsWith('#')) write(` (${address.replace(/^(mailto|tel):/, '')})`)
  }
  return {
    words: write,
    exact: write,
    behind,
    gap,
    mark: (type, inner) => mark({ type }, inner),
    code: (block, language) =>
      lines.bare(() => mark({ type: 'pre', ...(language ? { language } : {}) }, () => write(block))),
    // A quote in a quote is none that Telegram could show.
    quote: (inner, nested) =>
      nested ? behind('│ ', () => inner(1)) : mark({ type: 'blockquote' }, () => inner(2)),
    link,
    image: (address, words) => link(address, words, () => write(words || address)),
    end() {
      const text = lines.end()
      const inside = entities.filter(({ offset, length }) => offset + length <= text.length)
      return { text, entities: allowed(inside, text) }
    },
  }
}
