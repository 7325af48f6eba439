// Markdown to its tokens; what is nested deeper than any person would is text.
import { lexer, type MarkedToken, type Token, type TokensList } from 'marked'

/** The blocks of a text, by a lexer that may know more than the usual marks. */
export function blocksOf(
  markdown: string,
  lex: (markdown: string) => TokensList = lexer,
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
