// Runs a begun turn with its model, its budget and its rules, to its end; once more with a shorter prompt if it was too long.
import type { Household, Person } from '../../access/household.ts'
import type { Models } from '../../agent/models/models.ts'
import type { TurnOptions } from '../../agent/turn.ts'
import type { Session } from '../../store/sessions.ts'
import type { Store } from '../../store/store.ts'
import type { Span } from '../../trace/trace.ts'
import type { Budget } from '../budget.ts'
import type { ConsentOffice } from '../consent.ts'
import type { OpenDesk } from '../desks.ts'
import type { Typing } from '../doors/typing.ts'
import { errandOf, subagentOf } from '../errand.ts'
import type { Lane } from '../lanes.ts'
import { authorName } from '../said.ts'
import type { Compactor } from '../side-work/compaction.ts'
import type { Begun } from './begun.ts'
import type { DraftFacts, LiveDraft } from './drafts.ts'
import type { End } from './end.ts'
import { type FollowOptions, openFollow } from './follow.ts'
import { type JoinOptions, joinWaiting } from './join.ts'
import { replyTo } from './reply-to.ts'
import type { Task } from './task.ts'
import { tracedStream } from './traced.ts'

export interface RunOptions extends JoinOptions, FollowOptions {
  readonly store: Store
  readonly household: () => Household
  readonly models: () => Models
  readonly modelFor: (person: Person | null, session: string) => string
  readonly openDesk: OpenDesk
  readonly consent: ConsentOffice
  readonly budget: Budget
  readonly compactor: Compactor
  readonly typing: Typing
  readonly enqueue: (session: string, task: Task) => void
}

const maxTokens = 16_000

export function openRun(options: RunOptions, draftOf: (facts: DraftFacts) => LiveDraft, end: End) {
  const { store, live, models, tracer } = options
  const follow = openFollow(options)

  return async function run(begun: Begun, lane: Lane<Task>, compacted = false): Promise<void> {
    await using desk = begun.desk
    const { turn } = begun
    const rows = [...begun.rows]
    const { clearance } = desk
    const model = options.modelFor(personOf(begun), desk.session.id)
    const place = () => rows.at(-1)?.inbound.place ?? clearance.place
    const span = tracer.start('turn', turn.trace, null, { session: turn.session, turn: turn.id, model })
    live.event(turn.session, { type: 'turn_started', turn: turn.id, model }, clearance.reads)
    options.typing.start(turn.id, place())
    const draft = draftOf({
      turn: turn.id,
      trace: turn.trace,
      place: place(),
      clearance,
      verbose: store.settings.get<boolean>(`session:${turn.session}`, 'verbose') ?? false,
      ...replyTo(place(), rows),
    })
    const join = () => {
      const joined = joinWaiting(begun, rows, lane, options)
      rows.push(...joined)
      return joined.length > 0
    }
    const outcome = await follow(
      begun,
      { ...turnOptions(begun, model, span, draft), join },
      { span, draft, place, rows },
      lane.signal,
    )
    span.end({ outcome: outcome.kind }, outcome.kind === 'failed' ? outcome.message : undefined)
    const overflow = outcome.kind === 'failed' && outcome.failure === 'overflow' && !compacted
    if (overflow && (await options.compactor.compact(clearance, turn.session, turn.trace, lane.signal))) {
      const shorter = options.openDesk(clearance, store.sessions.get(turn.session) ?? desk.session, turn)
      await draft.settle()
      return run({ ...begun, desk: shorter, rows }, lane, true)
    }
    await end({ turn, desk, outcome, rows, place: place(), model, draft }, lane)
    if (options.compactor.isDue(desk.history(), models().factsOf(model).context)) {
      options.enqueue(turn.session, { kind: 'compact', session: turn.session, clearance, trace: turn.trace })
    }
  }

  function turnOptions(
    { turn, desk, prompt, speaker }: Begun,
    model: string,
    span: Span,
    draft: LiveDraft,
  ): Omit<TurnOptions, 'join'> {
    const payer = {
      person: personOf({ speaker }),
      level: desk.clearance.acts,
      job: errandOf(turn.session),
    }
    const stream = tracedStream(models, tracer, {
      trace: turn.trace,
      parent: span.id,
      model,
      began: draft.restart,
    })
    const maxSteps = subagentOf(store, turn.session)?.steps
    return {
      stream: options.budget.limited(stream, model, payer),
      model,
      maxTokens,
      prompt,
      nameOf: author => nameIn(desk.session, author),
      rules: options.consent.rulesFor(desk),
      costOf: (usage, instead = model) => ({
        ...usage,
        ...payer,
        person: payer.person?.id ?? null,
        model: instead,
        usd: models().cost(instead, usage),
      }),
      // Work of one turn is not sent often enough to be worth a longer prefix.
      smallestPrefix: payer.job === null ? models().factsOf(model).smallestPrefix : 0,
      ...(maxSteps === undefined ? {} : { maxSteps }),
    }
  }

  function nameIn(session: Session, author: string | null): string | null {
    return session.kind !== 'group' || author === null ? null : authorName(author, options.household())
  }
}

const personOf = ({ speaker }: Pick<Begun, 'speaker'>): Person | null =>
  speaker.kind === 'person' ? speaker.person : null
