// Markdown to its tokens; what is nested deeper than any person would is text.
import { lexer, type MarkedToken, type TokensList } from 'marked'

/** The blocks of a text, by a lexer that may know more than the usual marks. */
export function blocksOf(
  markdown: string,
  lex: (markdown: string) => TokensList = lexer,
): readonly MarkedToken[] {
  try {
    return lex(markdown) as readonly MarkedToken[]
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return [{ type: 'paragraph', raw: markdown, text: markdown, tokens: [plain(markdown)] }]
  }
}

const plain = (text: string): MarkedToken => ({ type: 'text', raw: text, text, escaped: false })
