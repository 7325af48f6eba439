// Markdown for platforms that have no tables: aligned columns in a code block where they fit a phone, else a paragraph a row.
import { lexer, type MarkedToken, type Token, type Tokens } from 'marked'
import { unlessTooDeep } from './too-deep.ts'

/** Characters of a fixed-width line that a phone shows without wrapping. */
const phoneWidth = 44

/** Looks as if there were one; most replies have none, and need no parsing. Line by line: a page of blanks is no puzzle. */
const suspected = /^[^\n|]*\|[^\n]*\n[ \t\r:|-]+$/m

/** The same Markdown with its tables laid out. */
export function withoutTables(markdown: string): string {
  if (!suspected.test(markdown)) return markdown
  const tokens = unlessTooDeep(() => lexer(markdown) as readonly MarkedToken[])
  if (!tokens) return markdown
  return tokens
    .map(token => (token.type === 'table' ? laidOut(token) + /\n*$/.exec(token.raw)![0] : token.raw))
    .join('')
    .trimEnd()
}

function laidOut(table: Tokens.Table): string {
  const header = table.header.map(plain)
  const rows = table.rows.map(row => row.map(plain))
  const widths = header.map((name, column) =>
    Math.max(...[name, ...rows.map(row => row[column] ?? '')].map(widthOf)),
  )
  const total = widths.reduce((sum, width) => sum + width, 0) + 2 * (widths.length - 1)
  if (total > phoneWidth)
    return table.rows
      .map(row =>
        rowText(
          header,
          row.map(cell => cell.text),
        ),
      )
      .join('\n\n')
  const line = (cells: readonly string[]) =>
    widths
      .map((width, column) => padded(cells[column] ?? '', width, table.align[column] === 'right'))
      .join('  ')
      .trimEnd()
  const rule = widths.map(width => '─'.repeat(width)).join('  ')
  return ['```', line(header), rule, ...rows.map(line), '```'].join('\n')
}

/** A cell's words without its marks. */
const plain = ({ tokens }: Tokens.TableCell): string => wordsOf(tokens)

const wordsOf = (tokens: readonly Token[]): string =>
  tokens
    .map(token =>
      'tokens' in token && token.tokens ? wordsOf(token.tokens) : 'text' in token ? token.text : '',
    )
    .join('')
    .replace(/\n/g, ' ')

function rowText(header: readonly string[], row: readonly string[]): string {
  return row.flatMap((text, column) => (text ? [`${header[column] ?? ''}: ${text}`] : [])).join('\n')
}

const padded = (text: string, width: number, right: boolean): string => {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return right ? space + text : text + space
}

/** Columns of a fixed-width font; wide scripts and emoji take two. */
function widthOf(text: string): number {
  let width = 0
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const code = segment.codePointAt(0)!
    width +=
      code >= 0x1100 && (code <= 0x115f || (code >= 0x2e80 && code <= 0xffef) || code >= 0x1f000) ? 2 : 1
  }
  return width
}
