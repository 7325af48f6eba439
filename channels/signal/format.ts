// Markdown to a Signal body: what is marked becomes a style, what Signal lacks becomes readable text, names become mentions.
import type { MessageInitShape } from '@bufbuild/protobuf'
import { Marked } from 'marked'
import { openLines } from '../lines.ts'
import { blocksOf } from '../markdown.ts'
import { type Mark, type MarkdownWriter, type Spoiler, writeMarkdown } from '../markdown-writer.ts'
import type { BodyRangeSchema } from './generated/signal_pb.ts'
import { type Member, withMentions } from './mentions.ts'

export type BodyRangeInit = MessageInitShape<typeof BodyRangeSchema>

export interface Body {
  readonly text: string
  readonly ranges: readonly BodyRangeInit[]
}

/** Numbers of the wire. */
const style: Readonly<Record<Mark, number>> = { bold: 1, italic: 2, spoiler: 3, strikethrough: 4, code: 5 }

/** Phones ignore a message with more. */
const mostRanges = 250

/** Formats what the agent wrote. Offsets are UTF-16 units. */
export function format(markdown: string, members: readonly Member[] = []): Body {
  const writer = openWriter(members)
  const marked = markedWithSpoilers()
  writeMarkdown(
    blocksOf(markdown, text => marked.lexer(text)),
    writer,
  )
  const body = writer.end()
  return body.text === '' ? { text: markdown, ranges: [] } : body
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

function openWriter(members: readonly Member[]): MarkdownWriter & { end(): Body } {
  const lines = openLines()
  const exact = lines.write
  const ranges: (BodyRangeInit & { start: number; length: number })[] = []
  const mark = (as: Mark, inner: () => void) => {
    const { offset, length } = lines.span(inner)
    if (length > 0) ranges.push({ start: offset, length, style: style[as] })
  }
  return {
    exact,
    mark,
    behind: lines.behind,
    gap: lines.gap,
    words(more) {
      const { body, bodyRanges } = withMentions(more, members)
      exact('')
      const at = lines.length
      exact(body)
      // A mention holds one character, so lines before it in the same words only move it.
      for (const range of bodyRanges) {
        const before = body.slice(0, range.start).split('\n').length - 1
        ranges.push({
          ...range,
          start: at + (range.start ?? 0) + before * lines.prefix.length,
          length: 1,
        })
      }
    },
    code: block => mark('code', () => exact(block)),
    quote: inner => lines.behind('│ ', () => inner(1)),
    link(address, _words, inner) {
      inner()
      exact(` (${address})`)
    },
    image: (address, words) => exact(words ? `${words} (${address})` : address),
    end() {
      const trimmed = lines.end()
      const inside = ranges.filter(({ start, length }) => start + length <= trimmed.length)
      return { text: trimmed, ranges: inside.sort((a, b) => a.start - b.start).slice(0, mostRanges) }
    },
  }
}
