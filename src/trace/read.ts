// Reads spans back: the newest traces, one as a tree, and what is yet to come.
import { readFileSync } from 'node:fs'
import { rolledFiles } from './rolling-file.ts'

export interface StoredSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly start: string
  readonly ms: number
  readonly attributes: Readonly<Record<string, unknown>>
  readonly error?: string
}

/** Spans in the file at `path` and its rotated ones, oldest first; lines that are no spans are passed over. */
export function readSpans(path: string): StoredSpan[] {
  return rolledFiles(path).flatMap(file => readFileSync(file, 'utf8').split('\n').flatMap(parseSpan))
}

/** The span of a line; none for a line that is none. */
export function parseSpan(line: string): StoredSpan[] {
  if (!line.startsWith('{')) return []
  try {
    const span = JSON.parse(line) as StoredSpan
    return typeof span.traceId === 'string' && typeof span.name === 'string' ? [span] : []
  } catch {
    return []
  }
}

/** The newest `count` traces, newest last, each with its spans in order of time. */
export function newestTraces(spans: readonly StoredSpan[], count: number): StoredSpan[][] {
  const traces = new Map<string, StoredSpan[]>()
  for (const span of spans) {
    const known = traces.get(span.traceId) ?? []
    traces.delete(span.traceId)
    traces.set(span.traceId, [...known, span])
  }
  return [...traces.values()]
    .slice(-count)
    .map(trace => trace.toSorted((a, b) => a.start.localeCompare(b.start)))
}

/** One line a span, children under their parents: name, start, time taken, what it was about. */
export function treeText(spans: readonly StoredSpan[]): string {
  const ids = new Set(spans.map(span => span.spanId))
  const roots = spans.filter(span => !span.parentSpanId || !ids.has(span.parentSpanId))
  const lines: string[] = []
  const walk = (span: StoredSpan, depth: number) => {
    const facts = Object.entries(span.attributes).map(([key, value]) => `${key}=${String(value)}`)
    const failed = span.error === undefined ? '' : `  ! ${span.error}`
    lines.push(
      `${'  '.repeat(depth)}${span.name}  ${span.start.slice(11, 23)}  ${span.ms} ms  ${facts.join(' ')}${failed}`.trimEnd(),
    )
    for (const child of spans) if (child.parentSpanId === span.spanId) walk(child, depth + 1)
  }
  for (const root of roots) walk(root, 0)
  return `${spans[0]?.traceId ?? ''}\n${lines.join('\n')}`
}
