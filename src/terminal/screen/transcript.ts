// The conversation on the screen: events become blocks; only its end is redrawn, the rest is the terminal's to scroll.
import type { Component } from '@earendil-works/pi-tui'
import type { SessionEvent } from '../../protocol/events.ts'
import { type Block, noticeBlock, userBlock } from './blocks.ts'
import { type MessageBlock, messageBlock } from './message-block.ts'
import type { Theme } from './theme.ts'
import { type ToolBlock, toolBlock } from './tool-block.ts'

export interface Transcript extends Component {
  take(event: SessionEvent): void
  /** Shows at once what was typed here, last of all until the gateway tells where in the conversation it stands. */
  typed(text: string): void
  /** Takes back what was typed and not accepted. */
  untyped(text: string): void
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
  /** Lines that the screen has for the conversation. */
  readonly room: () => number
}

/** Blocks kept for a redraw at another width. */
const mostBlocks = 400

export function openTranscript({ theme, self, room }: TranscriptOptions): Transcript {
  let blocks: Block[] = []
  let message: MessageBlock | null = null
  let tools: ToolBlock | null = null
  /** What came while a message grows stands under it, so that the message stays in one piece. */
  let below: Block[] = []
  let waiting: { readonly text: string; readonly block: Block }[] = []
  const echoes: string[] = []
  let folded = true
  let from = 0
  let wanted: number | null = null
  let last: { width: number; lines: string[] } | null = null

  const add = <B extends Block>(block: B): B => {
    block.fold?.(folded)
    if (message) below.push(block)
    else blocks.push(block)
    return block
  }
  const endMessage = () => {
    message = null
    blocks.push(...below)
    below = []
  }
  const all = (): Block[] => [...blocks, ...below, ...waiting.map(({ block }) => block)]
  const changed = () => {
    last = null
  }

  function take(event: SessionEvent): void {
    changed()
    switch (event.type) {
      case 'text':
        tools = null
        message ??= add(messageBlock(theme, room))
        return message.append(event.delta)
      case 'message':
        tools = null
        message ??= add(messageBlock(theme, room))
        message.settle(event.text)
        return endMessage()
      case 'tool':
        endMessage()
        tools ??= add(toolBlock(theme))
        return tools.take(event)
      case 'user': {
        tools = null
        const own = event.author === self()
        const echoed = own ? echoes.indexOf(event.text.trim()) : -1
        if (echoed !== -1) return void echoes.splice(echoed, 1)
        if (own) untyped(event.text)
        return void add(userBlock(event.text, own ? null : event.author, theme))
      }
      case 'notice':
        tools = null
        return void add(noticeBlock(event.text, theme.dim))
      case 'turn_ended':
        endMessage()
        tools = null
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
    const lines = all().flatMap(block => block.render(width))
    last = { width, lines }
    return lines
  }

  function untyped(text: string): void {
    changed()
    const at = waiting.findIndex(one => one.text === text.trim())
    if (at !== -1) waiting.splice(at, 1)
  }

  return {
    take,
    typed(text) {
      changed()
      const block = userBlock(text, null, theme)
      block.fold?.(folded)
      // Of a command the gateway tells nothing but the answer.
      if (!text.startsWith('/')) return void waiting.push({ text: text.trim(), block })
      echoes.push(text.trim())
      tools = null
      add(block)
    },
    untyped,
    notice(text, kind = 'plain') {
      changed()
      add(noticeBlock(text, kind === 'bad' ? theme.bad : theme.dim))
    },
    dropStreamed() {
      changed()
      if (message) blocks = blocks.filter(block => block !== message)
      endMessage()
      tools = null
    },
    clear() {
      changed()
      endMessage()
      tools = null
      blocks = []
      waiting = []
      echoes.length = 0
      from = 0
    },
    toggleFold() {
      changed()
      folded = !folded
      for (const block of all()) block.fold?.(folded)
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
      for (const block of all()) block.invalidate()
    },
  }
}
