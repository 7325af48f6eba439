// Markdown for platforms that have no tables: aligned columns in a code block where they fit a phone, else a paragraph a row.
import type { MarkedToken, Token } from 'marked'
import { wordsIn } from './markdown.ts'
import { fenceBehind } from './outside-code.ts'

/** Characters of a fixed-width line that a phone shows without wrapping. */
const phoneWidth = 44

/** A cell of more characters is told as it was written; so no text costs more than its length. */
const longestCell = 200

/** A larger table is shown as it was written. */
const mostColumns = 20
const mostRows = 300

interface Table {
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly right: readonly boolean[]
  /** As it was written. */
  readonly lines: readonly string[]
}

/** The same Markdown with its tables laid out; each stays behind what it stood behind, in a list or a quote. */
export function withoutTables(markdown: string): string {
  if (!/^[ \t>]*[|:-][ \t|:-]*$/m.test(markdown)) return markdown
  const lines = markdown.split('\n')
  const done: string[] = []
  let open: string | null = null
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!
    open = fenceBehind(line, open)
    const found = open === null ? tableAt(lines, at) : null
    if (found === null) {
      done.push(line)
      continue
    }
    for (const each of laidOut(found.table).split('\n')) done.push((found.before + each).trimEnd())
    at += found.table.lines.length - 1
  }
  return done.join('\n')
}

/** The table that begins with a line, and what its lines stand behind. */
function tableAt(lines: readonly string[], at: number): { table: Table; before: string } | null {
  const delimiter = lines[at + 1]
  if (delimiter === undefined || !/^[ \t>]*[|:-][ \t|:-]*$/.test(delimiter)) return null
  const before = /^[ \t>]*/.exec(delimiter)![0]
  const columns = cellsOf(delimiter.slice(before.length))
  const first = lines[at]!
  if (!delimiter.includes('|') || !columns.every(column => /^:?-+:?$/.test(column))) return null
  if (!first.startsWith(before) || /^[\s>]/.test(first.slice(before.length)) || !first.includes('|'))
    return null
  const header = cellsOf(first.slice(before.length))
  if (header.length !== columns.length) return null
  const own = [first, delimiter]
  for (let next = at + 2; next < lines.length && isRow(lines[next]!, before); next++) own.push(lines[next]!)
  const bare = own.map(line => line.slice(before.length))
  const table = {
    header,
    rows: bare.slice(2).map(cellsOf),
    right: columns.map(column => /^-+:$/.test(column)),
    lines: bare,
  }
  return { table, before }
}

/** A table ends where something else begins. */
const isRow = (line: string, before: string): boolean =>
  line.startsWith(before) &&
  /^(?!\s|>|#{1,6}\s|```|~~~|(?:[-*+]|\d{1,9}[.)])\s)/.test(line.slice(before.length)) &&
  line.length > before.length

/** The cells of a row; a bar behind a backslash is one that was meant. */
const cellsOf = (row: string): string[] =>
  row
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '')
    .split(/(?<!\\)\|/)
    .map(cell => cell.trim().replaceAll('\\|', '|'))

function laidOut({ header: names, rows: cells, right, lines }: Table): string {
  const raw = lines.join('\n').trimEnd()
  if (raw.includes('```')) return raw
  const isVast = names.length > mostColumns || cells.length > mostRows
  // More cells than columns have no name, and would be left out.
  if (isVast || cells.some(row => row.length > names.length)) return `\`\`\`\n${raw}\n\`\`\``
  const told = () => cells.map(row => rowText(names.map(plain), row)).join('\n\n') || raw
  if ([names, ...cells].some(row => row.some(cell => cell.length > longestCell))) return told()
  const header = names.map(plain)
  const rows = cells.map(row => row.map(plain))
  const widths = header.map((name, column) =>
    [name, ...rows.map(row => row[column] ?? '')].reduce((most, text) => Math.max(most, widthOf(text)), 0),
  )
  const total = widths.reduce((sum, width) => sum + width, 0) + 2 * (widths.length - 1)
  if (total > phoneWidth) return told()
  const line = (row: readonly string[]) =>
    widths
      .map((width, column) => padded(row[column] ?? '', width, right[column] === true))
      .join('  ')
      .trimEnd()
  const rule = widths.map(width => '─'.repeat(width)).join('  ')
  return ['```', line(header), rule, ...rows.map(line), '```'].join('\n')
}

/** A cell's words without its marks. */
const plain = (cell: string): string =>
  cell.length > longestCell || /^[\w ,.%€$£-]*$/.test(cell) ? cell : wordsOf(wordsIn(cell))

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

const segmenter = new Intl.Segmenter()

/** Columns of a fixed-width font; wide scripts and emoji take two. */
function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) {
    const code = segment.codePointAt(0)!
    width +=
      code >= 0x1100 && (code <= 0x115f || (code >= 0x2e80 && code <= 0xffef) || code >= 0x1f000) ? 2 : 1
  }
  return width
}
