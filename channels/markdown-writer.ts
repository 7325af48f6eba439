// Walks Markdown and writes it as a chat would: paragraphs, lists with bullets, boxes; what is marked is the writer's to show.
import type { MarkedToken, Token, Tokens } from 'marked'

/** Marks around words. */
export type Mark = 'bold' | 'italic' | 'strikethrough' | 'spoiler' | 'code'

/** `||hidden until touched||`; a lexer that knows it gives tokens of this type. */
export interface Spoiler {
  readonly type: 'spoiler'
  readonly raw: string
  readonly tokens: Token[]
}

export interface MarkdownWriter {
  /** Words as a person wrote them. */
  words(text: string): void
  /** Text as it stands. */
  exact(text: string): void
  /** What `inner` writes, each further line behind `prefix`. */
  behind(prefix: string, inner: () => void): void
  /** Begins a new block, `lines` line ends below the one before. */
  gap(lines: number): void
  mark(as: Mark, inner: () => void): void
  /** A block of code. */
  code(text: string, language: string | undefined): void
  /** `inner` is told how many line ends stand between its blocks. */
  quote(inner: (gap: number) => void, nested: boolean): void
  /** A link whose words are not its address. */
  link(address: string, words: string, inner: () => void): void
  image(address: string, words: string): void
}

export function writeMarkdown(
  tokens: readonly Token[],
  writer: MarkdownWriter,
  gap = 2,
  quoted = false,
): void {
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
        writer.code(token.text, token.lang?.split(/\s/)[0] || undefined)
        break
      case 'blockquote':
        writer.quote(between => writeMarkdown(token.tokens, writer, between, true), quoted)
        break
      case 'list':
        list(token, writer, quoted)
        break
      case 'hr':
        writer.exact('———')
        break
      default:
        writer.exact(token.raw.trimEnd())
    }
  }
}

function list(token: Tokens.List, writer: MarkdownWriter, quoted: boolean): void {
  for (const [index, item] of token.items.entries()) {
    if (index > 0) writer.gap(1)
    const box = item.checked ? '☑' : '☐'
    const bullet = item.task ? box : token.ordered ? `${Number(token.start || 1) + index}.` : '•'
    writer.exact(`${bullet} `)
    writer.behind('   ', () => {
      for (const [place, child] of (item.tokens as MarkedToken[]).entries()) {
        if (child.type === 'checkbox' || child.type === 'space') continue
        if (place > 0 && child.type !== 'text') writer.gap(1)
        if (child.type === 'text' || child.type === 'paragraph') inline(child.tokens ?? [child], writer)
        else writeMarkdown([child], writer, 1, quoted)
      }
    })
  }
}

const marks = { strong: 'bold', em: 'italic', del: 'strikethrough', spoiler: 'spoiler' } as const

function inline(tokens: readonly Token[], writer: MarkdownWriter): void {
  for (const token of tokens as readonly (MarkedToken | Spoiler)[]) {
    switch (token.type) {
      case 'strong':
      case 'em':
      case 'del':
      case 'spoiler':
        writer.mark(marks[token.type], () => inline(token.tokens, writer))
        break
      case 'codespan':
        writer.mark('code', () => writer.exact(token.text))
        break
      case 'link':
        if (isAddress(token.text, token.href)) writer.exact(token.text)
        else writer.link(token.href, token.text, () => inline(token.tokens, writer))
        break
      case 'image':
        if (isAddress(token.text, token.href)) writer.exact(token.text)
        else writer.image(token.href, token.text)
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

const isAddress = (words: string, address: string): boolean =>
  words === address || words === address.replace(/^(mailto|tel):/, '')
