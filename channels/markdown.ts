// Markdown to its tokens; what is nested deeper than any person would is text.
import { createRequire } from 'node:module'
import type { MarkedToken, Token, TokensList } from 'marked'

const require = createRequire(import.meta.url)
/** Loaded with the first text: every start would wait for it. */
const marked = () => require('marked') as typeof import('marked')
const usual = (markdown: string): TokensList => marked().lexer(markdown)

/** The tokens of a short text within a line. */
export const wordsIn = (markdown: string): readonly Token[] => marked().Lexer.lexInline(markdown)

/** The blocks of a text, by a lexer that may know more than the usual marks. */
export function blocksOf(
  markdown: string,
  lex: (markdown: string) => TokensList = usual,
): readonly MarkedToken[] {
  try {
    const blocks = lex(markdown) as readonly MarkedToken[]
    if (isWithin(blocks, deepest)) return blocks
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return [{ type: 'paragraph', raw: markdown, text: markdown, tokens: [plain(markdown)] }]
}

/** A list in a list is two deeper: that is eight of them, and more than a phone can show. */
const deepest = 24

function isWithin(tokens: readonly Token[], depth: number): boolean {
  if (depth === 0) return tokens.length === 0
  return (tokens as readonly MarkedToken[]).every(token => {
    const inside = token.type === 'list' ? token.items : 'tokens' in token ? token.tokens : undefined
    return inside === undefined || isWithin(inside, depth - 1)
  })
}

const plain = (text: string): MarkedToken => ({ type: 'text', raw: text, text, escaped: false })
