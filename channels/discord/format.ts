// Markdown as Discord shows it: most of it is its own; the rest becomes what it has.
import { outsideCode } from '../outside-code.ts'
import { readable } from '../readable.ts'

/** The text as Discord takes it. */
export const format = (markdown: string): string =>
  outsideCode(fenced(withReferences(readable(markdown))), text =>
    text
      // A picture stands for its address, or for where it leads.
      .replace(/\[!\[([^\]\n]{0,300})\]\([^()\s]+\)\]\(([^()\s]+)\)/g, (_, name, url) => named(name, url))
      .replace(/!\[([^\]\n]{0,300})\]\((\S+?)\)/g, (_, name, url) => named(name, url))
      // Only addresses of the web can be followed.
      .replace(/(?<!\\)\[([^\]\n]{1,300})\]\((?!https?:|<)([^\s()]+)\)/g, (_, name, to) => label(name, to))
      .replace(/^([ \t>]*)#{4,6}[ \t]+(.+?)[ \t#]*$/gm, (_, before, title) => `${before}**${plain(title)}**`)
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
const fenced = (markdown: string): string =>
  markdown
    .replace(/^([ \t>]*)~~~/gm, '$1```')
    .replace(
      /^(`{4,})([^`\n]*)\n([\s\S]*?)\n\1`*[ \t]*$/gm,
      (_, __, language: string, inner: string) =>
        `\`\`\`${language}\n${inner.replaceAll('```', '`\u200b``')}\n\`\`\``,
    )

/** Links by reference, each with its address. */
function withReferences(markdown: string): string {
  const found = [...markdown.matchAll(/^ {0,3}\[([^\]^\n][^\]\n]*)\]:[ \t]+<?(\S+?)>?(?:[ \t]+.*)?$/gm)]
  if (found.length === 0) return markdown
  const addresses = new Map(found.map(([, name, url]) => [name!.toLowerCase(), url!]))
  return outsideCode(markdown, text => {
    for (const [line] of found) text = text.replace(line, '')
    return text.replace(
      /\[([^\]\n]{1,300})\](?:\[([^\]\n]{0,300})\])?(?![[(:])/g,
      (whole, words: string, name?: string) => {
        const url = addresses.get((name || words).toLowerCase())
        return url === undefined ? whole : `[${words}](${url})`
      },
    )
  }).trimEnd()
}
