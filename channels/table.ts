// Markdown for platforms that have no tables: aligned columns in a code block where they fit a phone, else a paragraph a row.
import type { MarkedToken, Token, Tokens } from 'marked'
import { blocksOf } from './markdown.ts'
import { outsideCode } from './outside-code.ts'

/** Characters of a fixed-width line that a phone shows without wrapping. */
const phoneWidth = 44

/** Looks as if there were one; most replies have none, and need no parsing. */
const isSuspected = (markdown: string): boolean =>
  markdown.includes('|') &&
  markdown.split('\n').some(line => /^[\s>:|-]+$/.test(line) && line.includes('|') && line.includes('-'))

/** The same Markdown with its tables laid out. */
export function withoutTables(markdown: string): string {
  if (!isSuspected(markdown)) return markdown
  return blocksOf(markdown)
    .map(token => {
      if (token.type === 'table') return laidOut(token) + /\n*$/.exec(token.raw)![0]
      return token.type === 'list' || token.type === 'blockquote' ? outsideCode(token.raw, inside) : token.raw
    })
    .join('')
    .trimEnd()
}

/** Tables in a list or a quote: each line stays behind what it stood behind. */
const inside = (raw: string): string =>
  raw.replace(/^([ \t>]*)\|.*\n(?:\1\|.*(?:\n|$))+/gm, (rows, before: string) => {
    const [table] = blocksOf(rows.replace(/^[ \t>]*/gm, ''))
    if (table?.type !== 'table') return rows
    const lines = laidOut(table).split('\n')
    return lines.map(line => (before + line).trimEnd()).join('\n') + (rows.endsWith('\n') ? '\n' : '')
  })

function laidOut(table: Tokens.Table): string {
  const raw = table.raw.trimEnd()
  if (raw.includes('```')) return raw
  if (hasExtraCells(raw, table.header.length)) return `\`\`\`\n${raw}\n\`\`\``
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

/** More cells than columns have no name, and would be left out. */
const hasExtraCells = (raw: string, columns: number): boolean =>
  raw
    .split('\n')
    .slice(2)
    .some(
      line =>
        line
          .trim()
          .replace(/^\||\|$/g, '')
          .split(/(?<!\\)\|/).length > columns,
    )

/** A cell's words without its marks. */
const plain = ({ tokens }: Tokens.TableCell): string => wordsOf(tokens)

const wordsOf = (tokens: readonly Token[]): string =>
  (tokens as readonly MarkedToken[])
    .map(token => {
      if ('tokens' in token && token.tokens) return wordsOf(token.tokens)
      // A line break is a space here, and no other tag can be shown.
      if (token.type === 'html') return /^<br\b/i.test(token.raw) ? ' ' : ''
      return 'text' in token ? token.text : ''
    })
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
