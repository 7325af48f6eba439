// What changes from message to message, said beside the newest one so that the rest stays cached.
import { clock } from '../zone.ts'

export interface ContextFacts {
  readonly now: number
  readonly timezone: string
  readonly channel: string
  /** When the message was written, if that was a while ago. */
  readonly writtenAt: number
  /** Volatile files, recalled memory, notices: each a paragraph. */
  readonly extra: readonly string[]
}

/** A message older than this, in milliseconds, has its own time told. */
const lateAfterMs = 5 * 60_000

export function contextLine(facts: ContextFacts): string {
  const late =
    facts.now - facts.writtenAt > lateAfterMs
      ? `; this was written ${clock(facts.writtenAt, facts.timezone)}`
      : ''
  const first = `[${clock(facts.now, facts.timezone)} ${facts.timezone}, by ${facts.channel}${late}]`
  return [first, ...facts.extra.filter(Boolean)].join('\n\n')
}
