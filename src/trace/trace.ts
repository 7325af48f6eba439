// Spans as JSON lines: what a message went through, with times. Message text only when asked for.
import { randomBytes } from 'node:crypto'
import type { Redact } from './redact.ts'
import type { RollingFile } from './rolling-file.ts'

export type SpanName = 'message' | 'turn' | 'model' | 'tool' | 'delivery' | 'job' | 'config'
export type Attributes = Readonly<Record<string, string | number | boolean | null | undefined>>

export interface Span {
  readonly id: string
  end(attributes?: Attributes, error?: string): void
}

export interface Tracer {
  start(name: SpanName, trace: string, parent: string | null, attributes: Attributes): Span
  /** Attributes that hold message text; nothing unless content is to be traced. */
  content(attributes: Attributes): Attributes
  flush(): void
}

/** 16 random bytes, as OpenTelemetry writes a trace id. */
export const newTrace = (): string => randomBytes(16).toString('hex')

/** Writes spans to `file`; without one, nothing is kept. */
export function openTracer(file: RollingFile | undefined, redact: Redact, withContent: boolean): Tracer {
  return {
    start(name, trace, parent, attributes) {
      const id = randomBytes(8).toString('hex')
      const startedAt = Date.now()
      const start = performance.now()
      return {
        id,
        end(more, error) {
          if (!file) return
          const ms = Math.round((performance.now() - start) * 1000) / 1000
          const span = {
            traceId: trace,
            spanId: id,
            ...(parent ? { parentSpanId: parent } : {}),
            name,
            start: new Date(startedAt).toISOString(),
            ms,
            attributes: { ...attributes, ...more },
            ...(error ? { status: 'error', error } : {}),
          }
          file.write(`${redact(JSON.stringify(span))}\n`)
        },
      }
    },
    content: attributes => (withContent ? attributes : {}),
    flush: () => file?.flush(),
  }
}
