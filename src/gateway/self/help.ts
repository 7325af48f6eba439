// Coop's own docs, searched by words: the sections that speak most of what was asked.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Section {
  readonly title: string
  readonly text: string
}

/** Characters of one answer. */
const mostText = 6_000
const mostSections = 3

/** The sections of the Markdown files in `folder`, README.md beside it first. */
export function readSections(folder: string): Section[] {
  const readme = join(folder, '..', 'README.md')
  const docs = existsSync(folder)
    ? readdirSync(folder)
        .filter(name => name.endsWith('.md'))
        .sort()
    : []
  const files = [...(existsSync(readme) ? [readme] : []), ...docs.map(name => join(folder, name))]
  return files.flatMap(file => sectionsOf(readFileSync(file, 'utf8')))
}

function sectionsOf(markdown: string): Section[] {
  const parts = markdown.split(/^(?=#{1,3} )/m)
  return parts.flatMap(part => {
    const [first = '', ...rest] = part.split('\n')
    const text = rest.join('\n').trim()
    return text ? [{ title: first.replace(/^#+ /, '').trim(), text }] : []
  })
}

/** The best sections for `words`; without words, or without a find, what there is to ask about. */
export function findHelp(sections: readonly Section[], words: string): string {
  const asked = stems(words)
  const texts = sections.map(({ title, text }) => ({ title: stems(title), text: stems(text) }))
  // A word that few sections use says more of what is meant.
  const weights = asked.map(stem => {
    const uses = texts.filter(({ title, text }) => title.includes(stem) || text.includes(stem)).length
    return [stem, Math.log(1 + sections.length / (1 + uses))] as const
  })
  const ranked = sections
    .map((section, index) => ({ section, score: scoreOf(texts[index]!, weights) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, mostSections)
  if (ranked.length === 0) return `Ask about: ${sections.map(({ title }) => title).join(', ')}`
  return ranked
    .map(({ section }) => `# ${section.title}\n${section.text}`)
    .join('\n\n')
    .slice(0, mostText)
}

interface Stems {
  readonly title: readonly string[]
  readonly text: readonly string[]
}

function scoreOf({ title, text }: Stems, weights: readonly (readonly [string, number])[]): number {
  return weights.reduce((sum, [stem, weight]) => {
    const hits = text.filter(word => word === stem).length
    const inText = Math.min(hits, 4) / (1 + Math.log(1 + text.length / 200))
    return sum + weight * ((title.includes(stem) ? 3 : 0) + inText)
  }, 0)
}

const common = new Set(
  'a an and are can do does for how i in is it me my of on or the this to what when why with you your'.split(
    ' ',
  ),
)

/** Words without endings that say little: near enough to find "reminders" by "remind". */
const stems = (text: string): string[] =>
  (text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [])
    .filter(word => !common.has(word))
    .map(word => (word.length > 5 ? word.replace(/(ers|ing|ed|es|er|s)$/, '') : word.replace(/s$/, '')))
