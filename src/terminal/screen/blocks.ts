// What a conversation is drawn from: a person's words, the agent's, tool steps and notices.
import { type Component, Markdown, wrapTextWithAnsi } from '@earendil-works/pi-tui'
import type { SessionEvent } from '../../protocol/events.ts'
import { clean, oneLine } from '../clean.ts'
import { finishedLength } from './markdown-parts.ts'
import type { Style } from './style.ts'
import type { Theme } from './theme.ts'

/** A block answers with its lines at a width, from a cache until it changes. */
export interface Block extends Component {
  /** Shows or hides what is long; absent where there is nothing to fold. */
  fold?(folded: boolean): void
}

const foldedLines = 12
const resultLines = 12

/** Wrapped lines behind a mark, each at most `width` wide. */
function marked(mark: string, text: string, width: number, style: Style): string[] {
  const room = Math.max(1, width - mark.length)
  const lines = text.split('\n').flatMap(line => wrapTextWithAnsi(line, room))
  return lines.map((line, index) => `${index === 0 ? mark : ' '.repeat(mark.length)}${style(line)}`)
}

function cached(render: (width: number) => string[]): Component {
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

export interface MessageBlock extends Block {
  append(delta: string): void
  /** The whole text, in place of what was streamed. */
  settle(text: string): void
  readonly text: string
}

/** What the agent says: Markdown, drawn as it comes. */
export function messageBlock(theme: Theme): MessageBlock {
  let text = ''
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

  return {
    get text() {
      return text
    },
    append(delta) {
      text += clean(delta)
      grow()
    },
    settle(whole) {
      if (text.trim() === clean(whole).trim()) return
      text = clean(whole)
      finished = 0
      parts = []
      tail = null
      grow()
    },
    render(width) {
      const drawn = (tail ? [...parts, tail] : parts).map(part => unpadded(part.render(width)))
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

type ToolEvent = Extract<SessionEvent, { type: 'tool' }>

interface Step {
  readonly call: string
  readonly name: string
  input: string
  result: string | null
  state: ToolEvent['state']
  isError: boolean
}

export interface ToolBlock extends Block {
  take(event: ToolEvent): void
}

/** The tool steps between two messages: one line folded, else each with its arguments and result. */
export function toolBlock(theme: Theme): ToolBlock {
  const steps = new Map<string, Step>()
  let folded = true

  const heading = (step: Step) => {
    const mark = step.isError ? theme.bad('✗') : step.state === 'done' ? theme.good('✓') : theme.warn('·')
    const waits = step.state === 'waiting' ? ' (waits for a person)' : ''
    return `${mark} ${step.name}${waits} ${theme.dim(oneLine(step.input, 160))}`.trimEnd()
  }
  const cut = (line: string, width: number) => wrapTextWithAnsi(line, width)[0] ?? ''
  const block = cached(width => {
    const all = [...steps.values()]
    if (!folded) {
      return [
        '',
        ...all.flatMap(step => [
          ...marked('', heading(step), width, text => text),
          ...(step.result === null
            ? []
            : marked('    ', clean(step.result).trim(), width, theme.dim).slice(0, resultLines)),
        ]),
      ]
    }
    const last = all.at(-1)
    if (!last) return []
    if (all.length === 1 || last.state !== 'done') return ['', cut(heading(last), width)]
    const failed = all.filter(step => step.isError).length
    const names = [...new Set(all.map(step => step.name))].join(', ')
    const mark = failed > 0 ? theme.bad('✗') : theme.good('✓')
    return ['', cut(`${mark} ${all.length} steps: ${names}${failed ? `, ${failed} failed` : ''}`, width)]
  })

  return {
    ...block,
    take(event) {
      const step = steps.get(event.call) ?? {
        call: event.call,
        name: clean(event.name),
        input: '',
        result: null,
        state: event.state,
        isError: false,
      }
      step.state = event.state
      step.isError = event.isError ?? false
      if (event.state === 'done') step.result = event.detail
      else if (event.output !== undefined) step.result = event.output
      else step.input = event.detail
      steps.set(event.call, step)
      block.invalidate()
    },
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
