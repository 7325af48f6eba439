// Who has to say yes to a call, how they are asked, and how the turn wakes when they answered.

import type { Clearance } from '../access/clearance.ts'
import { type Household, owners } from '../access/household.ts'
import { atLeast, type Level } from '../access/levels.ts'
import { type ApprovalRule, type Decision, decide } from '../agent/approval-rules.ts'
import type { CallRequest, CallRules, Consent } from '../agent/calls.ts'
import type { Likeness } from '../agent/likeness.ts'
import type { Desk } from '../desk/desk.ts'
import { CoopError } from '../errors.ts'
import { type Approval, hashArguments } from '../store/approvals.ts'
import type { Store } from '../store/store.ts'
import { fitsAbout, type PostOffice } from './doors/post-office.ts'

export interface ConsentOptions {
  readonly store: Store
  readonly household: () => Household
  readonly rules: () => readonly ApprovalRule[]
  readonly office: PostOffice
  /** Runs a waiting turn on. */
  readonly wake: (turn: string) => void
  readonly now: () => number
}

export interface ConsentOffice extends Disposable {
  rulesFor(desk: Desk): CallRules
  /**
   * Answers an approval; a yes may be for like calls too, for the milliseconds `wanted`. Throws `approval_invalid` with what is wrong.
   * Returns what to tell the person.
   */
  answer(id: string, answer: 'approved' | 'denied', by: Clearance, wanted?: () => number | undefined): string
  /** Open approvals that may be read and answered under this clearance. */
  openFor(by: Clearance): Approval[]
  /** Yeses for some minutes that hold now and were given under this clearance's person. */
  permitsOf(by: Clearance): { readonly id: string; readonly words: string; readonly until: number }[]
  /** Closes the questions that nobody answered in time, which counts as no. */
  expire(): void
}

/** How long a question waits before it counts as no. */
export const answerHours = 24
const lifetimeMs = answerHours * 3_600_000
const sweepMs = 60_000

export function openConsent(options: ConsentOptions): ConsentOffice {
  const { store, now } = options
  const timer = setInterval(expire, sweepMs).unref()
  let lastLook = now()

  /** A clock that was set back makes no yes hold longer. */
  function look(): void {
    const at = now()
    if (at < lastLook - sweepMs) store.permits.endAll()
    lastLook = at
  }

  function permits() {
    look()
    return store.permits.given(now())
  }

  function expire(): void {
    look()
    // Nor does it make a question wait longer.
    store.approvals.shorten(now() + lifetimeMs)
    for (const approval of store.approvals.due(now())) {
      if (store.approvals.answer(approval.id, 'expired', null)) options.wake(approval.turn)
    }
  }

  /** Asks whoever the turn is for, else an owner: the first who may read the question and suffices to answer it. */
  function ask(
    desk: Desk,
    request: CallRequest,
    { of, question, like }: Extract<Decision, { kind: 'ask' }>,
  ): Consent {
    if (like && isPermitted(desk, request.tool.name, like)) return { kind: 'allowed' }
    const household = options.household()
    const about = { labels: desk.clearance.reads, needs: of }
    const speaker = desk.clearance.person === null ? undefined : household.people.get(desk.clearance.person)
    const person = [...(speaker ? [speaker] : []), ...owners(household)].find(
      candidate => options.office.placeFor(candidate, fitsAbout(about)) !== null,
    )
    if (!person) return { kind: 'denied', reason: 'Nobody who could approve this can be asked.' }
    const approval = store.approvals.ask({
      turn: desk.turn.id,
      session: desk.session.id,
      callId: request.callId,
      tool: request.tool.name,
      argsHash: hashArguments(request.input),
      question,
      asked: person.id,
      needs: of,
      createdAt: now(),
      expiresAt: now() + lifetimeMs,
    })
    const { id } = approval
    if (like) {
      const { fingerprint } = desk.clearance
      const { tool, session } = approval
      store.permits.offer({ approval: id, session, clearance: fingerprint, tool, ...like })
    }
    const longer = like ? ` /approve ${id} 10m also allows ${like.words} for ten minutes.` : ''
    const how = `Answer /approve ${id} or /deny ${id}.${longer}`
    options.office.tell(person, `${question}\n\n${how}`, about, {
      key: `approval:${approval.id}`,
      choices: [
        { id: `/approve ${id}`, label: 'Yes' },
        { id: `/deny ${id}`, label: 'No' },
        ...(like ? [{ id: `/approve ${id} 10m`, label: 'Yes, for 10 minutes' }] : []),
      ],
    })
    return { kind: 'waiting' }
  }

  /** Whether somebody who may still say so has allowed calls like this one here, under this very clearance. */
  function isPermitted(desk: Desk, tool: string, { alike }: Likeness): boolean {
    return permits().some(permit => {
      const { asked, needs } = store.approvals.get(permit.approval) ?? {}
      const by = asked === undefined ? undefined : options.household().people.get(asked)
      return (
        permit.session === desk.session.id &&
        permit.clearance === desk.clearance.fingerprint &&
        permit.tool === tool &&
        permit.alike === alike &&
        by !== undefined &&
        atLeast(by.level, needs as Level)
      )
    })
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
        const known = store.approvals.ofCall(desk.turn.id, request.callId)
        if (!known) {
          const { tool, input, traits } = request
          const decision = decide({
            tool: tool.name,
            input,
            traits,
            origin: seen,
            level: desk.clearance.acts,
            rules: options.rules(),
            given: shownIn(desk),
          })
          if (decision.kind === 'deny') return { kind: 'denied', reason: decision.reason }
          if (decision.kind === 'allow') return { kind: 'allowed' }
          // In one commit with what tells it: a question that nobody was told would wait for nothing.
          return store.together(() => ask(desk, request, decision))
        }
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
    answer(id, answer, by, wanted) {
      const approval = store.approvals.get(id.toUpperCase())
      if (!approval || !mayAnswer(by, approval))
        throw new CoopError('approval_invalid', `There is no question ${id} for you.`)
      const forMs = wanted?.()
      const offered = store.permits.offered(approval.id)
      if (answer === 'denied' && store.permits.end(approval.id)) return `No longer: ${offered?.words}.`
      if (forMs !== undefined && !offered)
        throw new CoopError(
          'approval_invalid',
          `${approval.tool} is asked about each time; answer /approve ${approval.id} for this once.`,
        )
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
      const done = store.together(() => {
        if (forMs !== undefined) store.permits.give(approval.id, now() + forMs)
        return store.approvals.answer(approval.id, answer, by.person)
      })
      if (!done) throw new CoopError('approval_invalid', `The question ${approval.id} was answered before.`)
      options.wake(approval.turn)
      if (answer === 'denied') return 'Denied.'
      if (forMs === undefined) return 'Approved.'
      return `Approved, and for ${Math.round(forMs / 60_000)} minutes also ${offered?.words}, in that conversation. /deny ${approval.id} ends it.`
    },
    permitsOf: by =>
      permits().flatMap(({ approval, words, until }) => {
        const known = store.approvals.get(approval)
        return known && mayAnswer(by, known) ? [{ id: approval, words, until }] : []
      }),
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

/** Whether a text stands word for word in what this turn was shown. */
const shownIn = (desk: Desk) => (text: string) =>
  desk
    .history()
    .some(entry =>
      entry.blocks.some(
        block =>
          ('text' in block ? block.text.includes(text) : false) &&
          block.type !== 'thinking' &&
          entry.role !== 'assistant',
      ),
    )
