// A Markdown table for platforms that have none: aligned columns where they fit a phone, else one paragraph a row.
import type { Tokens } from 'marked'

export interface PlainTable {
  /** `columns` wants a fixed-width font. */
  readonly kind: 'columns' | 'rows'
  readonly text: string
}

/** Characters of a fixed-width line that a phone shows without wrapping. */
const phoneWidth = 44

/** Lays a table out. `cell` gives a cell's words without its markup. */
export function plainTable(table: Tokens.Table, cell: (cell: Tokens.TableCell) => string): PlainTable {
  const header = table.header.map(cell)
  const rows = table.rows.map(row => row.map(cell))
  const widths = header.map((name, column) =>
    Math.max(...[name, ...rows.map(row => row[column] ?? '')].map(widthOf)),
  )
  const total = widths.reduce((sum, width) => sum + width, 0) + 2 * (widths.length - 1)
  if (total > phoneWidth) return { kind: 'rows', text: rows.map(row => rowText(header, row)).join('\n\n') }
  const line = (cells: readonly string[]) =>
    widths
      .map((width, column) => padded(cells[column] ?? '', width, table.align[column] === 'right'))
      .join('  ')
      .trimEnd()
  const rule = widths.map(width => '─'.repeat(width)).join('  ')
  return { kind: 'columns', text: [line(header), rule, ...rows.map(line)].join('\n') }
}

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
