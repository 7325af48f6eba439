// What a conversation is drawn from, with its plainest blocks: a person's words and notices.
import { type Component, wrapTextWithAnsi } from '@earendil-works/pi-tui'
import { clean } from '../clean.ts'
import type { Style } from './style.ts'
import type { Theme } from './theme.ts'

/** A block answers with its lines at a width, from a cache until it changes. */
export interface Block extends Component {
  /** Shows or hides what is long; absent where there is nothing to fold. */
  fold?(folded: boolean): void
}

const foldedLines = 12

/** Wrapped lines behind a mark, each at most `width` wide. */
export function marked(mark: string, text: string, width: number, style: Style): string[] {
  const room = Math.max(1, width - mark.length)
  const lines = text.split('\n').flatMap(line => wrapTextWithAnsi(line, room))
  return lines.map((line, index) => `${index === 0 ? mark : ' '.repeat(mark.length)}${style(line)}`)
}

/** Draws again only at another width, or after `invalidate`. */
export function cached(render: (width: number) => string[]): Component {
  let width = 0
  let lines: string[] | null = null
  return {
    render(wanted) {
      if (lines === null || width !== wanted) lines = render((width = wanted))
      return lines
    },
    invalidate() {
      lines = null
    },
  }
}

/** What a person wrote; a long paste is folded. */
export function userBlock(written: string, author: string | null, theme: Theme): Block {
  let folded = true
  const text = clean(written)
  const block = cached(width => {
    const name = author ? `${theme.bold(clean(author))}${theme.dim(':')} ` : ''
    const lines = marked('> ', `${name}${text}`, width, theme.accent)
    const over = lines.length - foldedLines
    return [
      '',
      ...(folded && over > 0
        ? [...lines.slice(0, foldedLines), theme.dim(`  … ${over} more lines (Ctrl-O)`)]
        : lines),
    ]
  })
  return {
    ...block,
    fold(now) {
      folded = now
      block.invalidate()
    },
  }
}

/** A line of the gateway or of this client. */
export function noticeBlock(text: string, style: Style): Block {
  return cached(width => ['', ...marked('', clean(text), width, style)])
}
