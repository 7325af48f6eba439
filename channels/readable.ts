// Markdown as models write it, for chats: tables, HTML and formulas become what every chat can show.
import { outsideCode } from './outside-code.ts'
import { withoutTables } from './table.ts'

/** The same text; tables are laid out for a phone. */
export const readable = (markdown: string): string =>
  outsideCode(outsideCode(withoutTables(markdown), withoutHtml), withoutMath)

/** What an HTML tag is in Markdown, which has nothing for underlined. */
const marks: Readonly<Record<string, string>> = {
  b: '**',
  strong: '**',
  summary: '**',
  i: '_',
  em: '_',
  u: '**',
  ins: '**',
  s: '~~',
  del: '~~',
  strike: '~~',
  code: '`',
  kbd: '`',
  tt: '`',
  sub: '',
  sup: '',
  small: '',
  details: '',
  p: '',
  div: '',
  center: '',
  span: '',
}
const pair = new RegExp(`<(${Object.keys(marks).join('|')})(?:\\s[^<>]*)?>([^<]*)</\\1>`, 'gi')

/** Pairs in pairs are looked for so often; nobody means more. */
const deepest = 12

/** Tags that do something, where they come in pairs; a tag that is spoken of stays. */
function withoutHtml(markdown: string): string {
  let text = withoutComments(markdown)
    .replace(/(?<![ \t])[ \t]*<br\s*\/?>[ \t]*/gi, '\n')
    .replace(/<\/summary>/gi, '$&\n')
  let before = ''
  for (let depth = 0; depth < deepest && before !== text; depth++) {
    before = text
    text = text.replace(pair, (_, tag: string, inner: string) => {
      const mark = marks[tag.toLowerCase()]!
      const words = inner.trim()
      if (mark === '' || words === '' || /\n\s*\n/.test(words)) return inner
      return inner.replace(words, () => `${mark}${words}${mark}`)
    })
  }
  return text.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name: string) => characters[name]!)
}

function withoutComments(text: string): string {
  let done = ''
  for (let at = 0; ; ) {
    const begin = text.indexOf('<!--', at)
    const end = begin === -1 ? -1 : text.indexOf('-->', begin + 4)
    if (end === -1) return done + text.slice(at)
    done += text.slice(at, begin)
    at = end + 3
  }
}

const characters: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  nbsp: '\u00a0',
}

/** TeX, which chats do not set: as code, so that its signs stay what they are. */
function withoutMath(markdown: string): string {
  return markdown
    .replace(formulaBlock, (whole, before, a, b) => blockOf(before, a ?? b) ?? whole)
    .replace(bracketed, (whole, a, b, c) => codeOf(a ?? b ?? c) ?? whole)
    .replace(
      /(?<![\w$\\])\$(?=\S)([^$\n]{1,300}?)(?<=\S)\$(?![\w$])/g,
      (whole, inner) => codeOf(inner) ?? whole,
    )
}

/** None begins inside another: a beginning without an end is not looked for twice. */
const formulaBlock = /^([ \t>]*)(?:\$\$([^$]+)\$\$|(?<!\\)\\\[((?:(?!(?<!\\)\\\[)[\s\S])+?)\\\])[ \t]*$/gm
const bracketed =
  /\$\$([^$\n]+)\$\$|(?<!\\)\\\[((?:(?!(?<!\\)\\\[)[^\n])+?)\\\]|(?<!\\)\\\(((?:(?!(?<!\\)\\\()[^\n])+?)\\\)/g

/** Brackets may be escaped for other reasons, and a dollar be money. */
const isMath = (inner: string): boolean => /[\\^_={}+]/.test(inner) && !inner.includes('`')

const codeOf = (inner: string): string | null => (isMath(inner) ? `\`${inner.trim()}\`` : null)

function blockOf(before: string, inner: string): string | null {
  if (!isMath(inner)) return null
  const lines = inner.trim().split(/\n[ \t>]*/)
  return ['```', ...lines, '```'].map(line => before + line).join('\n')
}
