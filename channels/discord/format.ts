// Markdown as Discord shows it: most of it is its own; tables and images become what can be read.
import { lexer, type MarkedToken } from 'marked'
import { plainTable } from '../table.ts'

/** The text as Discord takes it, at most `limit` UTF-16 units if `markdown` is. */
export function format(markdown: string, limit = 2000): string {
  if (!/^\s*\|?.*\|.*\n\s*\|?[\s:|-]+$/m.test(markdown) && !markdown.includes('![')) return markdown
  const formatted = (lexer(markdown) as readonly MarkedToken[]).map(shown).join('').trimEnd()
  return formatted.length > limit ? markdown : formatted
}

function shown(token: MarkedToken): string {
  if (token.type === 'code') return token.raw
  if (token.type !== 'table')
    return token.raw.replace(/!\[([^\]\n]*)\]\((\S+?)\)/g, (_, name, url) => `[${name || url}](${url})`)
  const table = plainTable(token, cell => cell.text)
  const after = /\n*$/.exec(token.raw)![0]
  return table.kind === 'columns' ? `\`\`\`\n${table.text}\n\`\`\`${after}` : table.text + after
}
