// Markdown to its tokens; what is nested deeper than any person would is text.
import { lexer, type MarkedToken } from 'marked'

/** The blocks of a text. */
export function blocksOf(markdown: string): readonly MarkedToken[] {
  try {
    return lexer(markdown) as readonly MarkedToken[]
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return [{ type: 'paragraph', raw: markdown, text: markdown, tokens: [plain(markdown)] }]
  }
}

const plain = (text: string): MarkedToken => ({ type: 'text', raw: text, text, escaped: false })
