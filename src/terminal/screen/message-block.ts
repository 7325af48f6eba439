// What the agent says: Markdown that grows while it is drawn.
import { Markdown } from '@earendil-works/pi-tui'
import { clean } from '../clean.ts'
import type { Block } from './blocks.ts'
import { finishedLength, holdsTable } from './markdown-parts.ts'
import type { Theme } from './theme.ts'

export interface MessageBlock extends Block {
  append(delta: string): void
  /** The whole text, in place of what was streamed. */
  settle(text: string): void
  readonly text: string
}

/**
 * What the agent says: Markdown, drawn as it comes. `room` is how many lines the screen has for it: each row of a table
 * may still widen those above, which nobody can draw again once they have left the screen.
 */
export function messageBlock(
  theme: Theme,
  room: () => number = () => Number.POSITIVE_INFINITY,
): MessageBlock {
  let text = ''
  let settled = false
  let finished = 0
  let parts: Markdown[] = []
  let tail: Markdown | null = null
  const make = (source: string) =>
    new Markdown(source, 0, 0, theme.markdown, undefined, { renderLatex: false })

  function grow(): void {
    const end = finished + finishedLength(text.slice(finished))
    const done = text.slice(finished, end).trimEnd()
    if (done) parts.push(make(done))
    finished = end
    const open = text.slice(finished)
    if (!open.trim()) tail = null
    else if (tail) tail.setText(open)
    else tail = make(open)
  }

  function growing(lines: string[]): string[] {
    const most = Math.max(1, room() - 1)
    if (settled || lines.length <= most || !holdsTable(text.slice(finished))) return lines
    return [theme.dim('…'), ...lines.slice(-most)]
  }

  return {
    get text() {
      return text
    },
    append(delta) {
      text += clean(delta)
      grow()
    },
    settle(whole) {
      settled = true
      if (text.trim() === clean(whole).trim()) return
      text = clean(whole)
      finished = 0
      parts = []
      tail = null
      grow()
    },
    render(width) {
      const drawn = parts.map(part => unpadded(part.render(width)))
      if (tail) drawn.push(growing(unpadded(tail.render(width))))
      return drawn.flatMap(lines => ['', ...lines])
    },
    invalidate() {
      for (const part of parts) part.invalidate()
      tail?.invalidate()
    },
  }
}

/** Without the blank lines around. */
function unpadded(lines: string[]): string[] {
  const isText = (line: string) => line.trim() !== ''
  const first = lines.findIndex(isText)
  return first === -1 ? [] : lines.slice(first, lines.findLastIndex(isText) + 1)
}
