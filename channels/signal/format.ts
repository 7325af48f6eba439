// Markdown to a Signal body: what is marked becomes a style, what Signal lacks becomes readable text, names become mentions.
import type { MessageInitShape } from '@bufbuild/protobuf'
import { Marked, type MarkedToken, type Token, type Tokens } from 'marked'
import { unlessTooDeep } from '../too-deep.ts'
import type { BodyRangeSchema } from './generated/signal_pb.ts'
import { type Member, withMentions } from './mentions.ts'

export type BodyRangeInit = MessageInitShape<typeof BodyRangeSchema>

export interface Body {
  readonly text: string
  readonly ranges: readonly BodyRangeInit[]
}

/** Numbers of the wire. */
const style = { bold: 1, italic: 2, spoiler: 3, strikethrough: 4, monospace: 5 } as const
type Style = keyof typeof style

/** Phones ignore a message with more. */
const mostRanges = 250

interface Spoiler {
  readonly type: 'spoiler'
  readonly raw: string
  readonly tokens: Token[]
}

/** Formats what the agent wrote. Offsets are UTF-16 units. */
export function format(markdown: string, members: readonly Member[] = []): Body {
  const body = unlessTooDeep(() => {
    const writer = openWriter(members)
    blocks(markedWithSpoilers().lexer(markdown), writer)
    return writer.end()
  })
  return body === undefined || body.text === '' ? { text: markdown, ranges: [] } : body
}

/** `||hidden until touched||`, as chats write it. */
function markedWithSpoilers(): Marked {
  return new Marked({
    extensions: [
      {
        name: 'spoiler',
        level: 'inline',
        start: source => source.indexOf('||'),
        tokenizer(source): Spoiler | undefined {
          const found = /^\|\|(?=\S)([^\n]{0,2000}?\S)\|\|/.exec(source)
          return found
            ? { type: 'spoiler', raw: found[0], tokens: this.lexer.inlineTokens(found[1]!) }
            : undefined
        },
      },
    ],
  })
}

interface Writer {
  /** Words, in which a member's name after @ is a mention. */
  words(text: string): void
  /** Text as it stands. */
  exact(text: string): void
  /** Begins a new block, `lines` line ends below the one before. */
  gap(lines: number): void
  mark(as: Style, inner: () => void): void
  /** What `inner` writes, each line after `prefix`. */
  quote(prefix: string, inner: () => void): void
  end(): Body
}

function openWriter(members: readonly Member[]): Writer {
  let text = ''
  let prefix = ''
  const ranges: (BodyRangeInit & { start: number; length: number })[] = []
  const exact = (more: string) => {
    if (prefix !== '' && (text === '' || text.endsWith('\n'))) text += prefix
    text += prefix === '' ? more : more.replaceAll('\n', `\n${prefix}`)
  }
  return {
    exact,
    words(more) {
      const { body, bodyRanges } = withMentions(more, members)
      exact('')
      const at = text.length
      exact(body)
      // A mention holds one character, so lines before it in the same words only move it.
      for (const range of bodyRanges) {
        const lines = body.slice(0, range.start).split('\n').length - 1
        ranges.push({ ...range, start: at + (range.start ?? 0) + lines * prefix.length, length: 1 })
      }
    },
    gap(lines) {
      if (text === '') return
      const have = /\n*$/.exec(text)![0].length
      text += '\n'.repeat(Math.max(0, lines - have))
    },
    mark(as, inner) {
      exact('')
      const start = text.length
      inner()
      const length = text.slice(start).trimEnd().length
      if (length > 0) ranges.push({ start, length, style: style[as] })
    },
    quote(mark, inner) {
      const before = prefix
      prefix += mark
      inner()
      prefix = before
    },
    end() {
      const trimmed = text.trimEnd()
      const inside = ranges.filter(({ start, length }) => start + length <= trimmed.length)
      return { text: trimmed, ranges: inside.sort((a, b) => a.start - b.start).slice(0, mostRanges) }
    },
  }
}

function blocks(tokens: readonly Token[], writer: Writer, gap = 2): void {
  for (const token of tokens as readonly MarkedToken[]) {
    if (token.type === 'space' || token.type === 'def') continue
    writer.gap(gap)
    switch (token.type) {
      case 'heading':
        writer.mark('bold', () => inline(token.tokens, writer))
        break
      case 'paragraph':
        inline(token.tokens, writer)
        break
      case 'text':
        inline(token.tokens ?? [token], writer)
        break
      case 'code':
        writer.mark('monospace', () => writer.exact(token.text))
        break
      case 'blockquote':
        writer.quote('│ ', () => blocks(token.tokens, writer, 1))
        break
      case 'list':
        list(token, writer)
        break
      case 'table':
        writer.mark('monospace', () => writer.exact(token.raw.trimEnd()))
        break
      case 'hr':
        writer.exact('———')
        break
      default:
        writer.exact(token.raw.trimEnd())
    }
  }
}

function list(token: Tokens.List, writer: Writer, depth = 0): void {
  for (const [index, item] of token.items.entries()) {
    if (index > 0) writer.gap(1)
    const box = item.checked ? '☑' : '☐'
    const bullet = item.task ? box : token.ordered ? `${Number(token.start || 1) + index}.` : '•'
    writer.exact(`${'   '.repeat(depth)}${bullet} `)
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
  for (const token of tokens as readonly (MarkedToken | Spoiler)[]) {
    switch (token.type) {
      case 'strong':
        writer.mark('bold', () => inline(token.tokens, writer))
        break
      case 'em':
        writer.mark('italic', () => inline(token.tokens, writer))
        break
      case 'del':
        writer.mark('strikethrough', () => inline(token.tokens, writer))
        break
      case 'spoiler':
        writer.mark('spoiler', () => inline(token.tokens, writer))
        break
      case 'codespan':
        writer.mark('monospace', () => writer.exact(token.text))
        break
      case 'link':
        inline(token.tokens, writer)
        if (token.text !== token.href && `mailto:${token.text}` !== token.href)
          writer.exact(` (${token.href})`)
        break
      case 'image':
        writer.exact(token.text ? `${token.text} (${token.href})` : token.href)
        break
      case 'br':
        writer.exact('\n')
        break
      case 'text':
        if (token.tokens) inline(token.tokens, writer)
        else writer.words(token.text)
        break
      case 'escape':
        writer.exact(token.text)
        break
      case 'checkbox':
        break
      default:
        writer.exact(token.raw)
    }
  }
}
