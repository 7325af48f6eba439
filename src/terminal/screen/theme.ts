// How things look, in the sixteen colours that every terminal has; without colour the words alone carry it.
import type { EditorTheme, MarkdownTheme, SelectListTheme } from '@earendil-works/pi-tui'
import { type Highlight, openHighlight } from './highlight.ts'
import type { Style } from './style.ts'

export interface Theme {
  readonly dim: Style
  readonly bold: Style
  readonly accent: Style
  readonly good: Style
  readonly warn: Style
  readonly bad: Style
  readonly markdown: MarkdownTheme
  readonly editor: EditorTheme
  readonly list: SelectListTheme
}

/** `redraw` is called when a code block can be shown in colour. */
export function openTheme(color: boolean, redraw: () => void): Theme {
  const style = (on: number, off: number): Style =>
    color ? text => `\u001b[${on}m${text}\u001b[${off}m` : text => text
  const plain: Style = text => text
  const dim = style(2, 22)
  const bold = style(1, 22)
  const accent = style(36, 39)
  const good = style(32, 39)
  const warn = style(33, 39)
  const bad = style(31, 39)
  const list: SelectListTheme = {
    selectedPrefix: accent,
    selectedText: accent,
    description: dim,
    scrollInfo: dim,
    noMatch: dim,
  }
  const highlight: Highlight | undefined = color
    ? openHighlight({ dim, accent, good, warn, name: style(34, 39) }, redraw)
    : undefined
  return {
    dim,
    bold,
    accent,
    good,
    warn,
    bad,
    list,
    editor: { borderColor: dim, selectList: list },
    markdown: {
      heading: text => bold(accent(text)),
      link: style(4, 24),
      linkUrl: dim,
      code: accent,
      codeBlock: plain,
      codeBlockBorder: dim,
      quote: style(3, 23),
      quoteBorder: dim,
      hr: dim,
      listBullet: accent,
      bold,
      italic: style(3, 23),
      strikethrough: style(9, 29),
      underline: style(4, 24),
      ...(highlight ? { highlightCode: highlight } : {}),
    },
  }
}
