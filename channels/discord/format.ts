// Markdown as Discord shows it: most of it is its own; the rest becomes what it has.
import { fenceBehind, linesOf, outsideCode } from '../outside-code.ts'
import { readable } from '../readable.ts'

/** The text as Discord takes it. */
export const format = (markdown: string): string =>
  outsideCode(fenced(withReferences(readable(markdown))), text =>
    text
      // A picture stands for its address, or for where it leads.
      .replace(/\[!\[([^[\]\n]{0,300})\]\([^()[\s]+\)\]\(([^()\s]+)\)/g, (_, name, url) => named(name, url))
      .replace(/!\[([^[\]\n]{0,300})\]\(([^)[\s]+)\)/g, (_, name, url) => named(name, url))
      // Only addresses of the web can be followed.
      .replace(/(?<!\\)\[([^[\]\n]{1,300})\]\((?!https?:|<)([^\s()[]+)\)/g, (_, name, to) => label(name, to))
      .replace(
        /^([ \t>]*)#{4,6}[ \t]+(.*[^\s#])[ \t#]*$/gm,
        (_, before, title) => `${before}**${plain(title)}**`,
      )
      .replace(
        /^(?![ \t>]*(?:[-*+>#]|\d+[.)]))(.+)\n(=+|-+)[ \t]*$/gm,
        (_, title, line) => `${line[0] === '=' ? '#' : '##'} ${title}`,
      )
      .replace(/^[ \t]*(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$/gm, '———')
      .replace(
        /^([ \t>]*(?:[-*+]|\d+[.)])) \[([ xX])\] /gm,
        (_, bullet, box) => `${bullet} ${box === ' ' ? '☐' : '☑'} `,
      )
      .replace(/(?<![\w\\])__(?=\S)([^_\n]+?)(?<=\S)__(?!\w|\.\w|\()/g, '**$1**')
      // It would hide what stands between two of them.
      .replace(/(?<!\\)\|\|/g, '\\|\\|'),
  )

const label = (name: string, to: string): string =>
  to.startsWith('#') ? name : `${name} (${to.replace(/^(mailto|tel):/, '')})`

const plain = (title: string): string => title.replaceAll('**', '')

const named = (name: string, url: string): string => (name ? `[${name}](${url})` : url)

/** Discord knows no fence but three backticks. */
function fenced(markdown: string): string {
  if (!/~~~|````/.test(markdown)) return markdown
  let open: string | null = null
  const lines = linesOf(markdown).map(line => {
    const before = open
    open = fenceBehind(line, before)
    // The line of a fence itself; a mark inside a block would end it.
    if (before === open) return before === null ? line : line.replaceAll('```', '`\u200b``')
    return line.replace(/`{3,}|~{3,}/, '```')
  })
  return lines.join('')
}

const reference = /^ {0,3}\[([^\]^\n][^\]\n]*)\]:[ \t]+<?(\S+?)>?(?:[ \t]+.*)?$/gm

/** Links by reference, each with its address. */
function withReferences(markdown: string): string {
  const found = [...markdown.matchAll(reference)]
  if (found.length === 0) return markdown
  const addresses = new Map(found.map(([, name, url]) => [name!.toLowerCase(), url!]))
  return outsideCode(markdown, text =>
    text
      .replace(reference, '')
      .replace(
        /\[([^[\]\n]{1,300})\](?:\[([^[\]\n]{0,300})\])?(?![[(:])/g,
        (whole, words: string, name?: string) => {
          const url = addresses.get((name || words).toLowerCase())
          return url === undefined ? whole : `[${words}](${url})`
        },
      ),
  ).trimEnd()
}
