// Code in colour: highlight.js, loaded when the first code block appears.
import type { HLJSApi } from 'highlight.js'
import type { Style } from './style.ts'

export type Highlight = (code: string, language?: string) => string[]

export interface CodeStyles {
  readonly dim: Style
  readonly accent: Style
  readonly good: Style
  readonly warn: Style
  readonly name: Style
}

/** Code longer than this is left plain: colouring it would hold up typing. */
const mostCharacters = 20_000

/** Colours what it knows; before the library has loaded it answers plainly and calls `redraw` once it has. */
export function openHighlight(styles: CodeStyles, redraw: () => void): Highlight {
  let library: HLJSApi | undefined
  let loading = false
  const known = new Map<string, string[]>()

  return (code, language) => {
    const plain = code.split('\n')
    if (!language || code.length > mostCharacters) return plain
    if (!library) {
      if (!loading) {
        loading = true
        void import('highlight.js/lib/common').then(loaded => {
          library = loaded.default
          redraw()
        })
      }
      return plain
    }
    if (!library.getLanguage(language)) return plain
    const key = `${language}\0${code}`
    let lines = known.get(key)
    if (!lines) {
      lines = ansiLines(library.highlight(code, { language, ignoreIllegals: true }).value, styles)
      if (known.size > 200) known.clear()
      known.set(key, lines)
    }
    return lines
  }
}

/** highlight.js answers in HTML; its spans become styles, and each line carries its own. */
function ansiLines(html: string, styles: CodeStyles): string[] {
  const open: (Style | undefined)[] = []
  const lines: string[] = ['']
  for (const [piece] of html.matchAll(/<span class="[^"]*">|<\/span>|[^<]+/g)) {
    if (piece === '</span>') open.pop()
    else if (piece.startsWith('<span')) open.push(styleOf(piece.slice(13, -2), styles))
    else {
      const style = open.findLast(Boolean)
      for (const [index, text] of unescaped(piece).split('\n').entries()) {
        if (index > 0) lines.push('')
        if (text) lines[lines.length - 1] += style ? style(text) : text
      }
    }
  }
  return lines
}

function styleOf(classes: string, { dim, accent, good, warn, name }: CodeStyles): Style | undefined {
  const kind = /hljs-(\w+)/.exec(classes)?.[1] ?? ''
  if (/^(comment|meta|quote|doctag)$/.test(kind)) return dim
  if (/^(keyword|literal|built_in|type|selector)/.test(kind)) return accent
  if (/^(string|regexp|addition|char)/.test(kind)) return good
  if (/^(number|symbol|variable|attr|property|deletion|template)/.test(kind)) return warn
  return /^(title|name|section|function|class)/.test(kind) ? name : undefined
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', '#x27': "'" }

const unescaped = (text: string): string =>
  text.replace(/&(lt|gt|amp|quot|#x27);/g, (_, name: string) => entities[name]!)
