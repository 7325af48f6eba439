// Session events as plain lines: streamed text once, tool steps and notices on lines of their own.
import type { SessionEvent } from '../protocol/events.ts'
import { clean, oneLine } from './clean.ts'

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
  const line = (text: string, style = (plain: string) => plain) => write(`${style(clean(text))}\n`)

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
        if (!tools || event.output !== undefined || (event.state !== 'running' && !event.isError)) return
        settle()
        return line(`· ${event.name} ${oneLine(event.detail, 120)}`, dim)
      case 'notice':
        settle()
        return line(event.text)
      case 'turn_ended':
        return settle()
      case 'user':
        return others ? line(`> ${event.text}`, dim) : undefined
      case 'turn_started':
      case 'thinking':
        return
      default:
        return event satisfies never
    }
  }

  return { show, settle }
}
