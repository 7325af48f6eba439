// Who has to say yes to a call, how they are asked, and how the turn wakes when they answered.
import type { Household, Person } from '../access/household.ts'
import { atLeast, type Level } from '../access/levels.ts'
import type { CallRequest, CallRules, Consent } from '../agent/calls.ts'
import type { Desk } from '../desk/desk.ts'
import { CoopError } from '../errors.ts'
import { type Approval, hashArguments } from '../store/approvals.ts'
import type { Origin } from '../store/entry.ts'
import type { Store } from '../store/store.ts'
import type { PostOffice } from './post-office.ts'

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
  answer(id: string, answer: 'approved' | 'denied', by: Person): string
  /** Open approvals that this person may answer. */
  openFor(person: Person): Approval[]
}

/** How long a question waits before it counts as no. */
const lifetimeMs = 24 * 3_600_000
const sweepMs = 60_000

export function openConsent(options: ConsentOptions): ConsentOffice {
  const { store, now } = options
  const timer = setInterval(sweep, sweepMs).unref()

  /** Unanswered in time is no. */
  function sweep(): void {
    for (const approval of store.approvals.due(now())) {
      if (store.approvals.answer(approval.id, 'expired', null)) options.wake(approval.turn)
    }
  }

  function ask(desk: Desk, request: CallRequest, question: string): Consent {
    const person =
      desk.clearance.person === null ? undefined : options.household().people.get(desk.clearance.person)
    if (!person) return { kind: 'denied', reason: 'Nobody is here who could approve this.' }
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
    options.office.tell(person, `${question}\n\nAnswer /approve ${approval.id} or /deny ${approval.id}.`, {
      key: `approval:${approval.id}`,
      choices: [
        { id: `/approve ${approval.id}`, label: 'Yes' },
        { id: `/deny ${approval.id}`, label: 'No' },
      ],
    })
    return { kind: 'waiting' }
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
      if (approval.state !== 'open')
        throw new CoopError(
          'approval_invalid',
          `The question ${approval.id} was answered before: ${approval.state}.`,
        )
      if (!store.approvals.answer(approval.id, answer, by.id))
        throw new CoopError('approval_invalid', `The question ${approval.id} was answered before.`)
      options.wake(approval.turn)
      return answer === 'approved' ? 'Approved.' : 'Denied.'
    },
    openFor: person => store.approvals.open().filter(approval => mayAnswer(person, approval)),
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

const refusals = {
  denied: 'The person said no.',
  expired: 'Nobody answered in time, which counts as no.',
  used: 'The approval for this call was used already.',
} as const

/** The one who was asked, if their level still suffices. */
const mayAnswer = (person: Person, approval: Approval): boolean =>
  person.id === approval.asked && atLeast(person.level, approval.needs as Level)

/** What has to be asked before this call; null when nothing has. */
function questionOf({ tool, input, traits }: CallRequest, seen: Origin): string | null {
  if (traits.ask !== undefined) return traits.ask
  const outside = seen === 'outside' && traits.reach !== 'none'
  const derived = seen === 'derived' && traits.reach === 'strong'
  if (!outside && !derived) return null
  return `This conversation holds text from outside, so I ask first. May I use ${tool.name} with\n${JSON.stringify(input, null, 1)}?`
}
