// What Coop can tell of itself: how it is, its newest log lines, what a message went through, its docs.
import type { Clearance } from '../../access/clearance.ts'
import { atLeast } from '../../access/levels.ts'
import { CoopError } from '../../errors.ts'
import { readable } from '../../log.ts'
import type { StatusReport } from '../../protocol/messages.ts'
import type { SelfHand } from '../../tools/hands/household.ts'
import { newestLines } from '../../trace/newest-lines.ts'
import { parseSpan, type StoredSpan } from '../../trace/read.ts'
import { endFirstConversation, giveName } from './first-conversation.ts'
import { findHelp, readSections, type Section } from './help.ts'
import { statusText } from './status-text.ts'

/** Where the gateway's records and docs are; absent where there are none. */
export interface Records {
  readonly log?: string
  readonly trace?: string
  readonly docs?: string
  /** Brings what was recorded a moment ago into the files. */
  readonly flush?: () => void
}

export interface SelfOptions {
  readonly status: () => StatusReport
  readonly records: Records
  readonly workspace: () => string
}

const mostLines = 40
const mostTraces = 5
/** Of the records: some thousand messages, looked through while everybody else waits. */
const mostBytes = 4_000_000

export function openSelf({ status, records, workspace }: SelfOptions): (clearance: Clearance) => SelfHand {
  let sections: readonly Section[] | undefined
  return clearance => {
    const needsFull = () => {
      if (!atLeast(clearance.level, 'full') || clearance.place.kind !== 'direct')
        throw new CoopError('not_permitted', 'That is for fully trusted people, in a direct chat.')
    }
    return {
      status() {
        needsFull()
        return statusText(status())
      },
      logs(find) {
        needsFull()
        records.flush?.()
        const lines = linesOf(records.log).filter(line => holds(line, find))
        return lines.slice(-mostLines).map(readable).join('').trim() || 'No such line.'
      },
      trace(find) {
        needsFull()
        records.flush?.()
        return traceText(linesOf(records.trace), find)
      },
      help(find) {
        sections ??= records.docs === undefined ? [] : readSections(records.docs)
        return findHelp(sections, find)
      },
      name(name) {
        needsFull()
        return giveName(workspace(), name)
      },
      introduced() {
        needsFull()
        return endFirstConversation(workspace())
      },
    }
  }
}

const holds = (line: string, words: string): boolean =>
  words
    .toLowerCase()
    .split(/\s+/)
    .every(word => line.toLowerCase().includes(word))

const linesOf = (path: string | undefined): string[] =>
  path === undefined ? [] : newestLines(path, mostBytes)

/** The newest traces that hold `find`, each as a tree. What people wrote is left out, whosever it is. */
function traceText(lines: readonly string[], find: string): string {
  const traces = new Map<string, StoredSpan[]>()
  for (const span of lines.flatMap(parseSpan)) {
    const known = traces.get(span.traceId)
    if (known) known.push(span)
    else traces.set(span.traceId, [span])
  }
  const found = [...traces.values()].filter(spans => holds(JSON.stringify(spans.map(shown)), find))
  return found.slice(-mostTraces).map(tree).join('\n\n') || 'No such trace.'
}

const shown = (span: StoredSpan): StoredSpan => ({
  ...span,
  attributes: Object.fromEntries(
    Object.entries(span.attributes).filter(
      ([name, value]) => name !== 'text' && value !== null && value !== undefined,
    ),
  ),
})

function tree(spans: readonly StoredSpan[]): string {
  const ids = new Set(spans.map(span => span.spanId))
  const below = (parent: string | undefined, depth: number): string[] =>
    spans
      .filter(span =>
        parent === undefined ? !ids.has(span.parentSpanId ?? '') : span.parentSpanId === parent,
      )
      .sort((a, b) => a.start.localeCompare(b.start))
      .flatMap(span => [lineOf(shown(span), depth), ...below(span.spanId, depth + 1)])
  return [`trace ${spans[0]!.traceId}`, ...below(undefined, 1)].join('\n')
}

function lineOf({ name, start, ms, attributes, error }: StoredSpan, depth: number): string {
  const facts = Object.entries(attributes).map(([key, value]) => `${key}=${String(value)}`)
  const fault = error ? `  failed: ${error}` : ''
  return `${'  '.repeat(depth)}${start.slice(0, 19)} ${name} ${Math.round(ms)} ms ${facts.join(' ')}${fault}`
}
