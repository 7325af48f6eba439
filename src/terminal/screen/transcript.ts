// The conversation on the screen: events become blocks; only its end is redrawn, the rest is the terminal's to scroll.
import type { Component } from '@earendil-works/pi-tui'
import type { SessionEvent } from '../../protocol/events.ts'
import {
  type Block,
  type MessageBlock,
  messageBlock,
  noticeBlock,
  type ToolBlock,
  toolBlock,
  userBlock,
} from './blocks.ts'
import type { Theme } from './theme.ts'

export interface Transcript extends Component {
  take(event: SessionEvent): void
  /** Shows at once what was typed here; the gateway's own event of it then adds nothing. */
  typed(text: string): void
  notice(text: string, kind?: 'plain' | 'bad'): void
  /** Forgets what was streamed and not stored: it will come again. */
  dropStreamed(): void
  /** Forgets all: another session follows. */
  clear(): void
  toggleFold(): void
  /** From the next drawing on, at most `lines` lines are drawn; those above stay as the terminal has them. */
  showLast(lines: number): void
  /** Stops drawing the first `lines` lines, which have left the screen for good. */
  leave(lines: number): void
}

export interface TranscriptOptions {
  readonly theme: Theme
  /** The id of who sits here, whose own words carry no name. */
  readonly self: () => string
}

/** Blocks kept for a redraw at another width. */
const mostBlocks = 400

export function openTranscript({ theme, self }: TranscriptOptions): Transcript {
  let blocks: Block[] = []
  let message: MessageBlock | null = null
  let tools: ToolBlock | null = null
  const pending: string[] = []
  let folded = true
  let from = 0
  let wanted: number | null = null
  let last: { width: number; lines: string[] } | null = null

  const add = <B extends Block>(block: B): B => {
    block.fold?.(folded)
    blocks.push(block)
    return block
  }
  const changed = () => {
    last = null
  }

  function take(event: SessionEvent): void {
    changed()
    switch (event.type) {
      case 'text':
        tools = null
        message ??= add(messageBlock(theme))
        return message.append(event.delta)
      case 'message':
        tools = null
        message ??= add(messageBlock(theme))
        message.settle(event.text)
        message = null
        return
      case 'tool':
        message = null
        tools ??= add(toolBlock(theme))
        return tools.take(event)
      case 'user': {
        message = null
        tools = null
        const echoed = pending.indexOf(event.text.trim())
        if (echoed !== -1) return void pending.splice(echoed, 1)
        return void add(userBlock(event.text, event.author === self() ? null : event.author, theme))
      }
      case 'notice':
        message = null
        tools = null
        return void add(noticeBlock(event.text, theme.dim))
      case 'turn_ended':
        message = null
        tools = null
        if (event.state === 'failed') add(noticeBlock(`The turn failed: ${event.reason}`, theme.bad))
        if (event.state === 'stopped') add(noticeBlock('Stopped.', theme.dim))
        return
      case 'turn_started':
      case 'thinking':
        return
      default:
        return event satisfies never
    }
  }

  /** All lines from the first kept block on. */
  function draw(width: number): string[] {
    if (last?.width === width) return last.lines
    const lines = blocks.flatMap(block => block.render(width))
    last = { width, lines }
    return lines
  }

  return {
    take,
    typed(text) {
      changed()
      pending.push(text.trim())
      message = null
      tools = null
      add(userBlock(text, null, theme))
    },
    notice(text, kind = 'plain') {
      changed()
      add(noticeBlock(text, kind === 'bad' ? theme.bad : theme.dim))
    },
    dropStreamed() {
      changed()
      if (message) blocks = blocks.filter(block => block !== message)
      message = null
      tools = null
    },
    clear() {
      changed()
      blocks = []
      message = null
      tools = null
      pending.length = 0
      from = 0
    },
    toggleFold() {
      changed()
      folded = !folded
      for (const block of blocks) block.fold?.(folded)
    },
    showLast(lines) {
      wanted = lines
      last = null
    },
    leave(lines) {
      from += lines
      if (blocks.length <= mostBlocks || !last) return
      const gone = blocks.slice(0, blocks.length - mostBlocks)
      const height = gone.reduce((sum, block) => sum + block.render(last!.width).length, 0)
      if (height > from) return
      blocks = blocks.slice(gone.length)
      from -= height
      last = null
    },
    render(width) {
      const lines = draw(width)
      if (wanted !== null) from = Math.max(0, lines.length - wanted)
      wanted = null
      return from > 0 ? lines.slice(from) : lines
    },
    invalidate() {
      changed()
      for (const block of blocks) block.invalidate()
    },
  }
}
