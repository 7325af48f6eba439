// Markdown to its tokens; what is nested deeper than any person would is text.
import { createRequire } from 'node:module'
import type { MarkedToken, TokensList } from 'marked'

const require = createRequire(import.meta.url)
/** Loaded with the first text: every start would wait for it. */
const usual = (markdown: string): TokensList => (require('marked') as typeof import('marked')).lexer(markdown)

/** The blocks of a text, by a lexer that may know more than the usual marks. */
export function blocksOf(
  markdown: string,
  lex: (markdown: string) => TokensList = usual,
): readonly MarkedToken[] {
  try {
    return lex(markdown) as readonly MarkedToken[]
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return [{ type: 'paragraph', raw: markdown, text: markdown, tokens: [plain(markdown)] }]
  }
}

const plain = (text: string): MarkedToken => ({ type: 'text', raw: text, text, escaped: false })
