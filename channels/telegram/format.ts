// Markdown to text with entities: what is marked stays marked, what Telegram lacks becomes readable text.
import type { MessageEntity } from 'grammy/types'
import type { MarkedToken, Token, Tokens } from 'marked'
import { blocksOf } from '../markdown.ts'
import { allowed, canBeLinked } from './entities.ts'

export interface Formatted {
  readonly text: string
  readonly entities: MessageEntity[]
}

type Plain = Exclude<
  MessageEntity['type'],
  'pre' | 'text_link' | 'text_mention' | 'custom_emoji' | 'date_time'
>

/** Formats Markdown into at most `limit` UTF-16 units; text that grows beyond it goes out as it was written. */
export function format(markdown: string, limit = 4096): Formatted {
  const writer = openWriter()
  blocks(blocksOf(markdown), writer)
  const formatted = writer.end()
  return formatted.text === '' || formatted.text.length > limit ? { text: markdown, entities: [] } : formatted
}

interface Writer {
  text(text: string): void
  /** What `inner` writes, each further line behind `prefix`. */
  behind(prefix: string, inner: () => void): void
  /** What `inner` writes stands at the beginning of its lines. */
  bare(inner: () => void): void
  /** Begins a new block, `lines` line ends below the one before. */
  gap(lines: number): void
  mark(
    entity: { type: Plain } | { type: 'pre'; language?: string } | { type: 'text_link'; url: string },
    inner: () => void,
  ): void
  end(): Formatted
}

function openWriter(): Writer {
  let text = ''
  let prefix = ''
  const entities: MessageEntity[] = []
  const write = (more: string) => {
    if (prefix !== '' && (text === '' || text.endsWith('\n'))) text += prefix
    text += prefix === '' ? more : more.replaceAll('\n', `\n${prefix}`)
  }
  const within = (next: string, inner: () => void) => {
    const before = prefix
    prefix = next
    inner()
    prefix = before
  }
  return {
    text: write,
    behind: (more, inner) => within(prefix + more, inner),
    bare: inner => within('', inner),
    gap(lines) {
      // A line that holds nothing yet but what it stands behind is a beginning already.
      if (text === '' || (prefix !== '' && text.slice(text.lastIndexOf('\n') + 1) === prefix)) return
      const have = /\n*$/.exec(text)![0].length
      text += '\n'.repeat(Math.max(0, lines - have))
    },
    mark(entity, inner) {
      write('')
      const offset = text.length
      inner()
      const length = text.slice(offset).trimEnd().length
      if (length > 0) entities.push({ ...entity, offset, length } as MessageEntity)
    },
    end() {
      const trimmed = text.trimEnd()
      const inside = entities.filter(({ offset, length }) => offset + length <= trimmed.length)
      return { text: trimmed, entities: allowed(inside, trimmed) }
    },
  }
}

function blocks(tokens: readonly Token[], writer: Writer, gap = 2, quoted = false): void {
  for (const token of tokens as readonly MarkedToken[]) {
    if (token.type === 'space' || token.type === 'def') continue
    writer.gap(gap)
    switch (token.type) {
      case 'heading':
        writer.mark({ type: 'bold' }, () => inline(token.tokens, writer))
        break
      case 'paragraph':
        inline(token.tokens, writer)
        break
      case 'text':
        if (token.tokens) inline(token.tokens, writer)
        else writer.text(token.text)
        break
      case 'code': {
        const language = token.lang?.split(/\s/)[0]
        writer.bare(() =>
          writer.mark({ type: 'pre', ...(language ? { language } : {}) }, () => writer.text(token.text)),
        )
        break
      }
      case 'blockquote':
        // A quote in a quote is none that Telegram could show.
        if (quoted) writer.behind('│ ', () => blocks(token.tokens, writer, 1, true))
        else writer.mark({ type: 'blockquote' }, () => blocks(token.tokens, writer, 2, true))
        break
      case 'list':
        list(token, writer, quoted)
        break
      case 'hr':
        writer.text('———')
        break
      default:
        writer.text(token.raw.trimEnd())
    }
  }
}

function list(token: Tokens.List, writer: Writer, quoted: boolean): void {
  for (const [index, item] of token.items.entries()) {
    if (index > 0) writer.gap(1)
    const box = item.checked ? '☑' : '☐'
    const bullet = item.task ? box : token.ordered ? `${Number(token.start || 1) + index}.` : '•'
    writer.text(`${bullet} `)
    writer.behind('   ', () => {
      for (const [place, child] of (item.tokens as MarkedToken[]).entries()) {
        if (child.type === 'checkbox' || child.type === 'space') continue
        if (place > 0 && child.type !== 'text') writer.gap(1)
        if (child.type === 'text' || child.type === 'paragraph') inline(child.tokens ?? [child], writer)
        else blocks([child], writer, 1, quoted)
      }
    })
  }
}

function inline(tokens: readonly Token[], writer: Writer): void {
  for (const token of tokens as readonly MarkedToken[]) {
    switch (token.type) {
      case 'strong':
        writer.mark({ type: 'bold' }, () => inline(token.tokens, writer))
        break
      case 'em':
        writer.mark({ type: 'italic' }, () => inline(token.tokens, writer))
        break
      case 'del':
        writer.mark({ type: 'strikethrough' }, () => inline(token.tokens, writer))
        break
      case 'codespan':
        writer.mark({ type: 'code' }, () => writer.text(token.text))
        break
      case 'link':
        linked(token.href, token.text, () => inline(token.tokens, writer), writer)
        break
      case 'image':
        linked(token.href, token.text, () => writer.text(token.text || token.href), writer)
        break
      case 'br':
        writer.text('\n')
        break
      case 'text':
        if (token.tokens) inline(token.tokens, writer)
        else writer.text(token.text)
        break
      case 'escape':
        writer.text(token.text)
        break
      case 'checkbox':
        break
      default:
        writer.text(token.raw)
    }
  }
}

/** What cannot be followed on Telegram stands behind its words, a place in the same text not at all. */
function linked(href: string, words: string, inner: () => void, writer: Writer): void {
  const to = href.replace(/^(mailto|tel):/, '')
  if (words === href || words === to) return writer.text(words)
  if (canBeLinked(href)) return writer.mark({ type: 'text_link', url: href }, inner)
  inner()
  if (words !== '' && !href.startsWith('#')) writer.text(` (${to})`)
}
