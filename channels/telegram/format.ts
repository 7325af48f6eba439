// Markdown to text with entities: what is marked stays marked, what Telegram lacks becomes readable text.
import type { MessageEntity } from 'grammy/types'
import { lexer, type MarkedToken, type Token, type Tokens } from 'marked'
import { unlessTooDeep } from '../too-deep.ts'

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
  const formatted = unlessTooDeep(() => {
    const writer = openWriter()
    blocks(lexer(markdown), writer)
    return writer.end()
  })
  return formatted === undefined || formatted.text === '' || formatted.text.length > limit
    ? { text: markdown, entities: [] }
    : formatted
}

interface Writer {
  text(text: string): void
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
  const entities: MessageEntity[] = []
  return {
    text(more) {
      text += more
    },
    gap(lines) {
      if (text === '') return
      const have = /\n*$/.exec(text)![0].length
      text += '\n'.repeat(Math.max(0, lines - have))
    },
    mark(entity, inner) {
      const offset = text.length
      inner()
      const length = text.slice(offset).trimEnd().length
      if (length > 0) entities.push({ ...entity, offset, length } as MessageEntity)
    },
    end() {
      const trimmed = text.trimEnd()
      return {
        text: trimmed,
        entities: entities.filter(({ offset, length }) => offset + length <= trimmed.length),
      }
    },
  }
}

function blocks(tokens: readonly Token[], writer: Writer, gap = 2): void {
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
        writer.mark({ type: 'pre', ...(language ? { language } : {}) }, () => writer.text(token.text))
        break
      }
      case 'blockquote':
        writer.mark({ type: 'blockquote' }, () => blocks(token.tokens, writer, 1))
        break
      case 'list':
        list(token, writer)
        break
      case 'hr':
        writer.text('———')
        break
      default:
        writer.text(token.raw.trimEnd())
    }
  }
}

function list(token: Tokens.List, writer: Writer, depth = 0): void {
  for (const [index, item] of token.items.entries()) {
    if (index > 0) writer.gap(1)
    const bullet = item.task
      ? item.checked
        ? '☑'
        : '☐'
      : token.ordered
        ? `${Number(token.start || 1) + index}.`
        : '•'
    writer.text(`${'   '.repeat(depth)}${bullet} `)
    for (const [place, child] of (item.tokens as MarkedToken[]).entries()) {
      if (child.type === 'checkbox' || child.type === 'space') continue
      if (place > 0 && child.type !== 'text') writer.gap(1)
      if (child.type === 'list') list(child, writer, depth + 1)
      else if (child.type === 'text' || child.type === 'paragraph') inline(child.tokens ?? [child], writer)
      else blocks([child], writer, 1)
    }
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
        if (token.text === token.href || `mailto:${token.text}` === token.href) writer.text(token.text)
        else writer.mark({ type: 'text_link', url: token.href }, () => inline(token.tokens, writer))
        break
      case 'image':
        writer.mark({ type: 'text_link', url: token.href }, () => writer.text(token.text || token.href))
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
