// Session events as plain lines: streamed text once, tool steps and notices on lines of their own.
import type { SessionEvent } from '../protocol/events.ts'

export interface Printer {
  show(event: SessionEvent): void
  /** Ends an open line. */
  settle(): void
}

export interface PrinterOptions {
  readonly write: (text: string) => void
  readonly color: boolean
  /** Whether what other clients wrote is shown. */
  readonly others: boolean
  /** Streams text as it comes; else whole messages. */
  readonly streaming: boolean
  readonly tools: boolean
}

export function openPrinter({ write, color, others, streaming, tools }: PrinterOptions): Printer {
  let streamed = ''
  const dim = (text: string) => (color ? `\u001b[2m${text}\u001b[22m` : text)
  const line = (text: string) => write(`${clean(text)}\n`)

  function settle(): void {
    if (streamed !== '' && !streamed.endsWith('\n')) write('\n')
    streamed = ''
  }

  function show(event: SessionEvent): void {
    switch (event.type) {
      case 'text':
        if (!streaming) return
        streamed += event.delta
        return write(clean(event.delta))
      case 'message':
        if (streaming && streamed !== '' && streamed.trim() === event.text.trim()) return settle()
        settle()
        return line(event.text)
      case 'tool':
        if (!tools || (event.state !== 'running' && !event.isError)) return
        settle()
        return line(dim(`· ${event.name} ${event.detail.replace(/\s+/g, ' ').slice(0, 120)}`))
      case 'notice':
        settle()
        return line(event.text)
      case 'turn_ended':
        return settle()
      case 'user':
        return others ? line(dim(`> ${event.text}`)) : undefined
      case 'turn_started':
      case 'thinking':
        return
      default:
        return event satisfies never
    }
  }

  return { show, settle }
}

/** A model’s text must not move the cursor or rename the window. */
const clean = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]|\u001b/g, '')
