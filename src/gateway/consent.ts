// Who has to say yes to a call, how they are asked, and how the turn wakes when they answered.
import type { Clearance } from '../access/clearance.ts'
import type { Household } from '../access/household.ts'
import { atLeast, type Level } from '../access/levels.ts'
import type { CallRequest, CallRules, Consent } from '../agent/calls.ts'
import type { Desk } from '../desk/desk.ts'
import { CoopError } from '../errors.ts'
import { type Approval, hashArguments } from '../store/approvals.ts'
import type { Origin } from '../store/entry.ts'
import type { Store } from '../store/store.ts'
import { fitsAbout, type PostOffice } from './post-office.ts'

export interface ConsentOptions {
  readonly store: Store
  readonly household: () => Household
  readonly office: PostOffice
  /** Runs a waiting turn on. */
  readonly wake: (turn: string) => void
  readonly now: () => number
}

export interface ConsentOffice extends Disposable {
  rulesFor(desk: Desk): CallRules
  /** Answers an approval. Throws `approval_invalid` with what is wrong. Returns what to tell the person. */
  answer(id: string, answer: 'approved' | 'denied', by: Clearance): string
  /** Open approvals that may be read and answered under this clearance. */
  openFor(by: Clearance): Approval[]
  /** Closes the questions that nobody answered in time, which counts as no. */
  expire(): void
}

/** How long a question waits before it counts as no. */
const lifetimeMs = 24 * 3_600_000
const sweepMs = 60_000

export function openConsent(options: ConsentOptions): ConsentOffice {
  const { store, now } = options
  const timer = setInterval(expire, sweepMs).unref()

  function expire(): void {
    for (const approval of store.approvals.due(now())) {
      if (store.approvals.answer(approval.id, 'expired', null)) options.wake(approval.turn)
    }
  }

  function ask(desk: Desk, request: CallRequest, question: string): Consent {
    const person =
      desk.clearance.person === null ? undefined : options.household().people.get(desk.clearance.person)
    const about = { labels: desk.clearance.reads, needs: request.tool.level }
    if (!person || !options.office.placeFor(person, fitsAbout(about)))
      return { kind: 'denied', reason: 'Nobody who could approve this can be asked.' }
    const approval = store.approvals.ask({
      turn: desk.turn.id,
      session: desk.session.id,
      callId: request.callId,
      tool: request.tool.name,
      argsHash: hashArguments(request.input),
      question,
      asked: person.id,
      needs: request.tool.level,
      createdAt: now(),
      expiresAt: now() + lifetimeMs,
    })
    const how = `Answer /approve ${approval.id} or /deny ${approval.id}.`
    options.office.tell(person, `${question}\n\n${how}`, about)
    return { kind: 'waiting' }
  }

  /** The one who was asked, where their level suffices and they may read what the question was written from. */
  function mayAnswer(by: Clearance, approval: Approval): boolean {
    const labels = store.turns.get(approval.turn)?.grant.reads
    return (
      by.person === approval.asked &&
      atLeast(by.acts, approval.needs as Level) &&
      labels !== undefined &&
      by.covers(labels)
    )
  }

  return {
    rulesFor: desk => ({
      consent(request, seen) {
        const question = questionOf(request, seen)
        const known = store.approvals.ofCall(desk.turn.id, request.callId)
        if (!known) return question === null ? { kind: 'allowed' } : ask(desk, request, question)
        if (known.argsHash !== hashArguments(request.input)) {
          return { kind: 'denied', reason: 'The arguments are not those that were approved.' }
        }
        if (known.state === 'open') return { kind: 'waiting' }
        if (known.state === 'approved') return { kind: 'allowed' }
        return { kind: 'denied', reason: refusals[known.state] }
      },
      spend(callId) {
        const known = store.approvals.ofCall(desk.turn.id, callId)
        return known !== undefined && store.approvals.use(known.id)
      },
    }),
    answer(id, answer, by) {
      const approval = store.approvals.get(id.toUpperCase())
      if (!approval || !mayAnswer(by, approval))
        throw new CoopError('approval_invalid', `There is no question ${id} for you.`)
      if (approval.state === 'open' && approval.expiresAt <= now()) {
        expire()
        throw new CoopError(
          'approval_invalid',
          `The question ${approval.id} has timed out, which counts as no.`,
        )
      }
      if (approval.state !== 'open')
        throw new CoopError(
          'approval_invalid',
          `The question ${approval.id} was answered before: ${approval.state}.`,
        )
      if (!store.approvals.answer(approval.id, answer, by.person))
        throw new CoopError('approval_invalid', `The question ${approval.id} was answered before.`)
      options.wake(approval.turn)
      return answer === 'approved' ? 'Approved.' : 'Denied.'
    },
    openFor: by => store.approvals.open().filter(approval => mayAnswer(by, approval)),
    expire,
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

const refusals = {
  denied: 'The person said no.',
  expired: 'Nobody answered in time, which counts as no.',
  used: 'The approval for this call was used already.',
} as const

/** What has to be asked before this call; null when nothing has. */
function questionOf({ tool, input, traits }: CallRequest, seen: Origin): string | null {
  if (traits.ask !== undefined) return traits.ask
  const outside = seen === 'outside' && traits.reach !== 'none'
  const derived = seen === 'derived' && traits.reach === 'strong'
  if (!outside && !derived) return null
  return `This conversation holds text from outside, so I ask first. May I use ${tool.name} with\n${JSON.stringify(input, null, 1)}?`
}
