// How a turn's end reads: the sealed text for the person, and the entries that the transcript keeps.
import type { Outcome } from '../../agent/turn.ts'
import { seal, sealPlain } from '../../delivery/seal.ts'
import type { Desk } from '../../desk/desk.ts'
import type { NewEntry } from '../../store/entry.ts'
import { failureText } from '../failures.ts'

export interface Composed {
  readonly text: string
  readonly sealed: ReturnType<typeof seal>
  readonly entries: readonly NewEntry[]
  readonly state: 'done' | 'failed' | 'stopped'
  readonly reason: string
}

/** What the person reads at the end of a turn, and what the transcript keeps. */
export function compose(
  outcome: Exclude<Outcome, { kind: 'waiting' }>,
  desk: Pick<Desk, 'clearance'>,
): Composed {
  const { clearance } = desk
  const notice = (text: string): NewEntry => ({
    role: 'notice',
    blocks: [{ type: 'text', text }],
    author: null,
    labels: [],
    origin: 'agent',
  })
  if (outcome.kind === 'reply') {
    const text = outcome.text.trim()
    if (text === '') {
      const said = 'The model sent an empty answer. Say /retry to try again.'
      return {
        text: said,
        sealed: sealPlain(said, clearance),
        entries: [notice(said)],
        state: 'failed',
        reason: 'empty answer',
      }
    }
    const silent = clearance.place.kind === 'group' && text === 'NO_REPLY'
    return {
      text: silent ? '' : text,
      sealed: seal(text, clearance),
      entries: [outcome.entry],
      state: 'done',
      reason: silent ? 'nothing to say' : 'done',
    }
  }
  const said =
    outcome.kind === 'stopped' ? 'Stopped.' : failureText(outcome.failure, outcome.message, clearance.level)
  const partial =
    outcome.entry?.blocks.flatMap(block => (block.type === 'text' ? [block.text] : [])).join('') ?? ''
  const text =
    outcome.kind === 'failed' && partial ? `${partial}\n\n[The answer broke off here. ${said}]` : said
  return {
    text,
    sealed: partial && outcome.kind === 'failed' ? seal(text, clearance) : sealPlain(text, clearance),
    entries: [...(outcome.entry ? [outcome.entry] : []), notice(said)],
    state: outcome.kind,
    reason: outcome.kind === 'failed' ? `${outcome.failure}: ${outcome.message}` : 'stopped',
  }
}
