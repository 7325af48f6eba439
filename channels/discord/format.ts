// Markdown as Discord shows it: most of it is its own; tables and images become what can be read.
import { withoutTables } from '../table.ts'

/** The text as Discord takes it. */
export const format = (markdown: string): string =>
  outsideCode(withoutTables(markdown), text =>
    text.replace(/!\[([^\]\n]*)\]\((\S+?)\)/g, (_, name, url) => `[${name || url}](${url})`),
  )

/** Changes what is no code. */
const outsideCode = (markdown: string, change: (text: string) => string): string =>
  markdown
    .split(/(^(?:```|~~~)[\s\S]*?(?:^(?:```|~~~)|$(?![\s\S]))|`[^`\n]+`)/m)
    .map((piece, index) => (index % 2 === 0 ? change(piece) : piece))
    .join('')
