// One turn from its messages to its end: begun or resumed, run, and ended with its reply in one commit.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clearance } from '../access/clearance.ts'
import type { Person, Speaker } from '../access/household.ts'
import { lowest } from '../access/levels.ts'
import { noUsage } from '../agent/model.ts'
import type { Models } from '../agent/models/models.ts'
import type { SystemPrompt } from '../agent/prompt.ts'
import { type Outcome, runTurn } from '../agent/turn.ts'
import type { Channel, Inbound, Outbound, Place } from '../channel.ts'
import type { Config } from '../config/load.ts'
import { partsOf } from '../delivery/parts.ts'
import { seal } from '../delivery/seal.ts'
import type { Sender } from '../delivery/sender.ts'
import { type Desk, openDesk, type Rooms } from '../desk/desk.ts'
import type { Log } from '../log.ts'
import type { Disclosed } from '../store/disclosure.ts'
import { type NewEntry, worst } from '../store/entry.ts'
import type { Received } from '../store/inbox.ts'
import type { Session } from '../store/sessions.ts'
import type { Store } from '../store/store.ts'
import type { Spend, Turn, TurnEnd, Usage } from '../store/turns.ts'
import type { Span, Tracer } from '../trace/trace.ts'
import { nothingTaken, type Taken } from './attachments.ts'
import type { Budget } from './budget.ts'
import type { Compactor } from './compaction.ts'
import type { ConsentOffice } from './consent.ts'
import { contextLine, systemTimezone } from './context-line.ts'
import { type DraftFacts, forgetDraft, type LiveDraft } from './drafts.ts'
import { type Errand, errandOf } from './errand.ts'
import type { Cleared, Gatekeeper } from './gatekeeper.ts'
import type { Lane } from './lanes.ts'
import type { Live } from './live.ts'
import type { PostOffice } from './post-office.ts'
import { recall } from './recall.ts'
import { compose } from './reply.ts'
import { isSameVoice, spokenOrigin, spokenText, strangerAuthor } from './said.ts'
import { scheduleChannel } from './schedule/job.ts'
import type { Typing } from './typing.ts'

/** A message that waits in a lane, as it was cleared on arrival, or a turn to run on. */
export type Task =
  | {
      readonly kind: 'message'
      readonly row: Received
      readonly cleared: Cleared
      readonly session: Session
      readonly clearedAt: number
    }
  | { readonly kind: 'resume'; readonly turn: string; readonly session: string }
  /** The older part of the session is summed up. */
  | {
      readonly kind: 'compact'
      readonly session: string
      readonly clearance: Clearance
      readonly trace: string
    }

export interface ConversationOptions {
  readonly store: Store
  readonly config: () => Config
  readonly models: () => Models
  readonly rooms: () => Rooms
  readonly gatekeeper: Gatekeeper
  readonly consent: ConsentOffice
  readonly sender: Sender
  readonly live: Live
  readonly office: PostOffice
  readonly typing: Typing
  /** Takes in what is attached to a message. */
  readonly attached: (inbound: Inbound, clearance: Clearance, signal: AbortSignal) => Promise<Taken>
  /** A waiting row as it reads now; null when it was taken back. */
  readonly latest: (row: Received) => Received | null
  readonly draft: (facts: DraftFacts) => LiveDraft
  readonly compactor: Compactor
  /** Work that no person just wrote, by the channel it arrives on. */
  readonly errands: ReadonlyMap<string, Errand>
  /** The most model calls of a session’s turns, if fewer than usual. */
  readonly stepsOf: (session: string) => number | undefined
  /** Whether something is under way that a waiting turn waits for. */
  readonly isAwaiting: (turn: string) => boolean
  /** A turn is over without its end: what it sent off is stopped. */
  readonly abandon: (turn: string) => void
  readonly budget: Budget
  /** What the agent is told beside a message, once. */
  readonly notices: (clearance: Clearance) => readonly string[]
  readonly enqueue: (session: string, task: Task) => void
  /** A turn has ended, and there may be something to remember. */
  readonly ended: () => void
  readonly channel: (name: string) => Channel | undefined
  readonly prompt: (desk: Desk, speaker: Speaker) => SystemPrompt
  readonly modelFor: (person: Person | null, session: string) => string
  /** Puts rows whose turn lost its clearance back at the beginning of the journey. */
  readonly again: (rows: readonly Received[]) => void
  readonly log: Log
  readonly tracer: Tracer
  readonly now: () => number
}

/** How long the rest of an album may take to arrive. */
const albumMs = 400
/** A clearance taken longer ago than this, in milliseconds, is taken anew before the turn begins. */
const staleMs = 1_000
const maxTokens = 16_000

/** Works off one task of a lane. */
export function openConversation(options: ConversationOptions) {
  const { store, now, live } = options

  return async function work(task: Task, lane: Lane<Task>): Promise<void> {
    if (task.kind === 'resume') return resume(task.turn, lane)
    if (task.kind === 'compact') return compact(task, lane.signal)
    const fresh =
      now() - task.clearedAt > staleMs ||
      task.cleared.clearance.revision !== options.config().household.revision
    const errand = options.errands.get(task.row.inbound.channel)
    if (fresh && errand) return options.again([task.row])
    const cleared = fresh ? await options.gatekeeper.clear(task.row.inbound) : task.cleared
    if (cleared.clearance.person !== task.cleared.clearance.person) return options.again([task.row])
    if (lostReaders(task.cleared.clearance, cleared.clearance)) {
      store.inbox.settle(task.row.id, 'failed', readersChanged)
      errand?.gaveUp(task.row, readersChanged)
      return tellHeldBack('A message', task.row.inbound.place)
    }
    const album = await albumOf(task, cleared.clearance, lane)
    const taken = new Map<number, Taken>()
    for (const { row } of album)
      taken.set(row.id, await options.attached(row.inbound, cleared.clearance, lane.signal))
    if (lane.signal.aborted && lane.signal.reason === 'shutdown') return
    const rows = album.flatMap(({ row }) => options.latest(row) ?? [])
    if (rows.length === 0) return
    const session = store.sessions.get(task.session.id) ?? task.session
    const id = randomUUID()
    const turn: Turn = {
      id,
      session: session.id,
      epoch: session.epoch,
      state: 'running',
      grant: cleared.clearance.grant(),
      reason: null,
      usage: null,
      model: null,
      lastEntry: null,
      trace: task.row.trace,
      startedAt: now(),
    }
    const desk = openDesk(cleared.clearance, session, turn, options.rooms())
    const prompt = options.prompt(desk, cleared.speaker)
    const memories = await recall(desk, task.row.inbound.text, options.config().settings.memory.prompt_index)
    // A turn that has not begun is not among those that a change of people stops.
    if (cleared.clearance.revision !== options.config().household.revision) {
      await desk[Symbol.asyncDispose]()
      return options.again(rows)
    }
    const volatile = givenBefore(desk, prompt.volatile) ? '' : prompt.volatile
    const told = errand?.brief(task.row.inbound) ?? null
    const beside = told === null ? [volatile, ...options.notices(cleared.clearance)] : [told]
    const made = rows.map((row, index) => {
      const extra = index === 0 ? [...beside, memories.text] : []
      const entry = entryOf(row.inbound, cleared.clearance, cleared.speaker, extra, taken.get(row.id))
      return { ...entry, ...errand?.words?.(row) }
    })
    const files = prompt.refs.map(
      (ref): Disclosed => ({ kind: 'file', ref, labels: cleared.clearance.reads }),
    )
    desk.begin(
      rows.map(row => row.id),
      made.map((entry, index) =>
        index === 0 ? { ...entry, origin: worst([entry.origin, memories.origin, prompt.origin]) } : entry,
      ),
      [...files, ...memories.given],
    )
    live.entries(desk.history().slice(-rows.length))
    await run(turn, desk, prompt, cleared.speaker, rows, lane)
  }

  /** A message and those that were sent as one with it. */
  async function albumOf(
    task: Extract<Task, { kind: 'message' }>,
    clearance: Clearance,
    lane: Lane<Task>,
  ): Promise<readonly Extract<Task, { kind: 'message' }>[]> {
    const { album } = task.row.inbound
    if (album === undefined) return [task]
    await sleep(albumMs, undefined, { signal: lane.signal }).catch(() => {})
    const rest = lane.takeWhile(
      next =>
        next.kind === 'message' &&
        next.row.inbound.album === album &&
        next.cleared.clearance.fingerprint === clearance.fingerprint,
    )
    return [task, ...rest.flatMap(next => (next.kind === 'message' ? [next] : []))]
  }

  async function resume(id: string, lane: Lane<Task>): Promise<void> {
    const turn = store.turns.get(id)
    const session = turn && store.sessions.get(turn.session)
    if (!turn || !session || (turn.state !== 'running' && turn.state !== 'waiting')) return
    const clearance = await options.gatekeeper.reissue(turn.grant)
    const held = lostReaders(turn.grant, clearance)
    if (held || isLower(clearance, turn)) {
      // A draft may still be on display from before.
      const { id: shown, trace, grant } = turn
      await options.draft({ turn: shown, trace, place: grant.place, clearance, verbose: false }).withdraw()
      return held ? holdBack(turn) : revoke(turn)
    }
    store.turns.setState(id, 'running')
    const rows = store.inbox.ofTurn(id)
    const person =
      clearance.person === null ? undefined : options.config().household.people.get(clearance.person)
    const sender = rows[0]?.inbound.sender ?? { channel: turn.grant.place.channel, id: '', name: '' }
    const speaker: Speaker = person ? { kind: 'person', person } : { kind: 'stranger', sender }
    const desk = openDesk(clearance, session, turn, options.rooms())
    await run(turn, desk, options.prompt(desk, speaker), speaker, rows, lane)
  }

  async function run(
    turn: Turn,
    opened: Desk,
    prompt: SystemPrompt,
    speaker: Speaker,
    first: readonly Received[],
    lane: Lane<Task>,
    compacted = false,
  ): Promise<void> {
    await using desk = opened
    const rows = [...first]
    const { clearance } = desk
    const person = speaker.kind === 'person' ? speaker.person : null
    const model = options.modelFor(person, desk.session.id)
    const place = () => rows.at(-1)?.inbound.place ?? clearance.place
    const span = options.tracer.start('turn', turn.trace, null, {
      session: turn.session,
      turn: turn.id,
      model,
    })
    live.event(turn.session, { type: 'turn_started', turn: turn.id, model }, clearance.reads)
    options.typing.start(turn.id, place())
    const draft = options.draft({
      turn: turn.id,
      trace: turn.trace,
      place: place(),
      clearance,
      verbose: store.settings.get<boolean>(`session:${turn.session}`, 'verbose') ?? false,
      ...replyTo(place(), rows),
    })
    const costOf = (usage: Usage): Spend => ({
      ...usage,
      person: person?.id ?? null,
      level: clearance.acts,
      job: errandOf(turn.session),
      model,
      usd: options.models().cost(model, usage),
    })
    const maxSteps = options.stepsOf(turn.session)
    const running = runTurn(
      desk,
      {
        stream: options.budget.limited(traced(turn, span.id, model, draft), model, {
          person,
          level: clearance.acts,
          job: errandOf(turn.session),
        }),
        model,
        maxTokens,
        prompt,
        nameOf: author => nameIn(desk.session, author),
        rules: options.consent.rulesFor(desk),
        costOf,
        // Work of one turn is not sent often enough to be worth a longer prefix.
        smallestPrefix: errandOf(turn.session) === null ? options.models().factsOf(model).smallestPrefix : 0,
        ...(maxSteps === undefined ? {} : { maxSteps }),
        join() {
          const joining = lane.takeWhile(
            next =>
              next.kind === 'message' &&
              isSameVoice(next.cleared.speaker, speaker, rows[0]) &&
              next.row.inbound.attachments === undefined &&
              next.cleared.clearance.fingerprint === clearance.fingerprint,
          )
          const joined = joining.flatMap(next => {
            const row = next.kind === 'message' ? options.latest(next.row) : null
            return row && next.kind === 'message' ? [{ row, speaker: next.cleared.speaker }] : []
          })
          if (joined.length === 0) return false
          const entries = joined.map(next => entryOf(next.row.inbound, clearance, next.speaker, []))
          live.entries(
            desk.join(
              joined.map(next => next.row.id),
              entries,
            ),
          )
          rows.push(...joined.map(next => next.row))
          return true
        },
      },
      lane.signal,
    )
    let step = await running.next()
    const spans = new Map<string, Span>()
    for (; !step.done; step = await running.next()) {
      const event = step.value
      live.event(turn.session, event, clearance.reads)
      draft.event(event)
      if (event.type === 'message' && !event.final) saySoFar(turn, desk, event.text, place(), rows)
      if (event.type !== 'tool' || event.output !== undefined) continue
      if (event.state === 'running')
        spans.set(event.call, options.tracer.start('tool', turn.trace, span.id, { tool: event.name }))
      if (event.state === 'done') spans.get(event.call)?.end({}, event.isError ? event.detail : undefined)
    }
    const outcome = step.value
    span.end({ outcome: outcome.kind }, outcome.kind === 'failed' ? outcome.message : undefined)
    const overflow = outcome.kind === 'failed' && outcome.failure === 'overflow' && !compacted
    if (overflow && (await options.compactor.compact(clearance, turn.session, turn.trace, lane.signal))) {
      const shorter = openDesk(
        clearance,
        store.sessions.get(turn.session) ?? desk.session,
        turn,
        options.rooms(),
      )
      await draft.settle()
      return run(turn, shorter, prompt, speaker, rows, lane, true)
    }
    await end(turn, desk, outcome, rows, place(), model, lane, draft)
    if (options.compactor.isDue(desk.history())) {
      options.enqueue(turn.session, { kind: 'compact', session: turn.session, clearance, trace: turn.trace })
    }
  }

  /** Where a channel wants it, what is said at a tool step goes out at once. */
  function saySoFar(turn: Turn, desk: Desk, text: string, place: Place, rows: readonly Received[]): void {
    const { clearance } = desk
    const channel = options.channel(place.channel)
    if (!channel?.capabilities.steps) return
    const step = desk.history().filter(entry => entry.turn === turn.id && entry.role === 'assistant').length
    const facts = { key: `${turn.id}:step:${step}`, turn: null, trace: turn.trace }
    const parts =
      partsOf(seal(text, clearance), { place, clearance, channel, ...answered(place, rows) }, facts) ?? []
    const idle = options.sender.idle(place)
    const posting = {
      place: null,
      entries: [],
      parts: parts.map((part, index) => ({ part, first: idle && index === 0 })),
    }
    options.sender.take(store.post(posting, now()).rows)
  }

  async function compact(task: Extract<Task, { kind: 'compact' }>, signal: AbortSignal): Promise<void> {
    const clearance = await options.gatekeeper.reissue(task.clearance.grant())
    const session = store.sessions.get(task.session)
    if (!session || !(await options.compactor.compact(clearance, task.session, task.trace, signal))) return
    if (session.kind !== 'direct' && session.kind !== 'group') return
    const text =
      'I have summed up the older part of our conversation, to keep it short. All of it can still be searched.'
    options.office.note(session, clearance, text, task.trace)
  }

  async function end(
    turn: Turn,
    desk: Desk,
    outcome: Outcome,
    rows: readonly Received[],
    place: Place,
    model: string,
    lane: Lane<Task>,
    draft: LiveDraft,
  ): Promise<void> {
    const job = rows[0]
    const errand = job && options.errands.get(job.inbound.channel)
    if (outcome.kind === 'waiting') {
      await draft.leave()
      store.turns.setState(turn.id, 'waiting')
      // What it waits for may have come before it began to wait.
      if (!options.isAwaiting(turn.id))
        options.enqueue(turn.session, { kind: 'resume', turn: turn.id, session: turn.session })
      errand?.waiting(job!)
      options.typing.stop(turn.id)
      live.event(
        turn.session,
        {
          type: 'turn_ended',
          turn: turn.id,
          state: 'waiting',
          reason: outcome.reason,
          usage: noUsage,
        },
        desk.clearance.reads,
      )
      return
    }
    const replaces = await draft.settle()
    if (outcome.kind === 'stopped' && lane.signal.reason === 'shutdown') return
    const now_ = await options.gatekeeper.reissue(turn.grant)
    const held = lostReaders(turn.grant, now_)
    if (!held && (lane.signal.reason === 'revoked' || isLower(now_, turn))) {
      await draft.withdraw()
      return revoke(turn)
    }

    if (errand && !held) {
      await errand.end(job!, turn, desk, outcome, model)
      return options.ended()
    }
    const { text, sealed, entries, state, reason } = compose(outcome, desk)
    const cost = outcome.kind === 'reply' ? outcome.cost : null
    if (held) await draft.withdraw()
    if (held) return holdBack(turn, { usage: outcome.usage, model, entries, cost })
    const channel = options.channel(place.channel)
    const address = {
      place,
      clearance: now_,
      ...answered(place, rows),
      ...(replaces === undefined ? {} : { replaces }),
    }
    const facts = { key: turn.id, turn: turn.id, trace: turn.trace }
    const parts = (text !== '' && channel && partsOf(sealed, { ...address, channel }, facts)) || []
    if (text !== '' && !channel) tellUnsent(place)
    if (parts.length === 0) await draft.withdraw()
    const idle = options.sender.idle(place)
    const done = desk.end(
      {
        state,
        reason,
        usage: outcome.usage,
        model,
        entries,
        parts: parts.map((part, index) => ({ part, first: idle && index === 0 })),
        inbox: { state: state === 'failed' ? 'failed' : 'answered', reason: null },
      },
      cost,
    )
    if (replaces !== undefined) forgetDraft(store.settings, turn.id)
    live.entries(done.entries)
    const labels = desk.clearance.reads
    live.event(
      turn.session,
      { type: 'turn_ended', turn: turn.id, state, reason, usage: outcome.usage },
      labels,
    )
    options.sender.take(done.rows)
    options.ended()
    if (done.rows.length === 0) options.typing.stop(turn.id)
    options.log.info(
      {
        trace: turn.trace,
        session: turn.session,
        state,
        model,
        in: outcome.usage.input,
        out: outcome.usage.output,
        ms: now() - turn.startedAt,
      },
      'turn',
    )
  }

  /** A turn in a group that somebody joined who may not read what it was written from: kept, but not sent. */
  function holdBack(
    turn: Turn,
    said: Pick<TurnEnd, 'usage' | 'model' | 'entries'> & { readonly cost: Spend | null } = {
      usage: noUsage,
      model: turn.model ?? '',
      entries: [],
      cost: null,
    },
  ): void {
    const { session, epoch, trace, grant } = turn
    const done = store.turns.end(
      { session, epoch, turn: turn.id, trace },
      {
        ...said,
        state: 'failed',
        reason: readersChanged,
        parts: [],
        inbox: { state: 'failed', reason: readersChanged },
      },
      said.cost,
      now(),
    )
    options.abandon(turn.id)
    live.entries(done.entries)
    const ended = { turn: turn.id, state: 'failed', reason: readersChanged, usage: said.usage } as const
    live.event(session, { type: 'turn_ended', ...ended }, grant.reads)
    options.typing.stop(turn.id)
    for (const row of store.inbox.ofTurn(turn.id))
      options.errands.get(row.inbound.channel)?.gaveUp(row, readersChanged)
    tellHeldBack('A reply', grant.place)
  }

  function tellHeldBack(what: string, place: Place): void {
    options.office.tellOwners(
      `${what} in ${place.title ?? place.id} was held back: somebody reads there now who may not see what it was written from.`,
    )
  }

  /** The channel was taken out of the configuration meanwhile: the reply stays in the transcript. */
  function tellUnsent(place: Place): void {
    options.office.tellOwners(
      `A reply on ${place.channel} to ${place.title ?? place.id} could not be delivered: the channel ${place.channel} is no longer configured.`,
    )
  }

  /** The turn is over unsaid; its messages begin again under what is true now. */
  function revoke(turn: Turn): void {
    options.typing.stop(turn.id)
    options.abandon(turn.id)
    const rows = store.inbox.ofTurn(turn.id)
    store.turns.revoke(turn.id, now())
    options.log.warn(
      { trace: turn.trace, session: turn.session },
      'a turn lost its clearance and begins again',
    )
    options.again(rows)
  }

  /** The model’s stream with a span for each call: tokens, cost, how it ended. */
  function traced(turn: Turn, parent: string, configured: string, draft: LiveDraft) {
    const stream = options.models().stream
    return async function* (request: Parameters<typeof stream>[0], signal: AbortSignal) {
      draft.restart()
      const span = options.tracer.start('model', turn.trace, parent, {
        model: request.model,
        messages: request.messages.length,
      })
      for await (const event of stream(request, signal)) {
        if (event.type === 'done') {
          span.end({ ...event.usage, stop: event.stop, usd: options.models().cost(configured, event.usage) })
        }
        if (event.type === 'failed') span.end({ kind: event.kind }, event.message)
        yield event
      }
    }
  }

  function entryOf(
    inbound: Inbound,
    clearance: Clearance,
    speaker: Speaker,
    extra: readonly string[],
    taken: Taken = nothingTaken,
  ): NewEntry {
    const { settings } = options.config()
    const person = speaker.kind === 'person' ? speaker.person : null
    const timezone = person?.timezone ?? settings.agent.timezone ?? systemTimezone()
    const internal = inbound.channel === scheduleChannel && !person
    const context = contextLine({
      now: now(),
      timezone,
      channel: inbound.channel,
      writtenAt: inbound.at,
      extra,
    })
    return {
      role: 'user',
      blocks: [
        { type: 'context', text: context },
        ...taken.images,
        { type: 'text', text: spokenText(inbound, taken.lines) },
      ],
      author: internal ? null : (person?.id ?? strangerAuthor(inbound.sender.name)),
      labels: clearance.reads,
      origin: internal ? 'full' : spokenOrigin(inbound, person),
    }
  }

  function nameIn(session: Session, author: string | null): string | null {
    if (session.kind !== 'group' || author === null) return null
    return author.startsWith('~')
      ? author.slice(1)
      : (options.config().household.people.get(author)?.name ?? author)
  }
}

/** What did not change since it was last said need not be said again. */
const givenBefore = (desk: Desk, text: string): boolean =>
  desk
    .history()
    .some(entry => entry.blocks.some(block => block.type === 'context' && block.text.includes(text)))

/** In a group a reply names what it answers. */
const replyTo = (place: Place, rows: readonly Received[]): { replyTo?: string } => {
  const last = rows.at(-1)
  return place.kind === 'group' && last ? { replyTo: last.inbound.externalId } : {}
}

const answered = (place: Place, rows: readonly Received[]): Pick<Outbound, 'replyTo' | 'answers'> => {
  const last = rows.at(-1)
  return { ...replyTo(place, rows), ...(last ? { answers: last.inbound.externalId } : {}) }
}

const readersChanged = 'the readers changed'

/** Whether a group opens less than it did `before`: what was written there then is not for who reads it now. */
const lostReaders = (before: Pick<Clearance, 'place' | 'reads'>, now: Clearance): boolean =>
  before.place.kind === 'group' && !now.covers(before.reads)

/** Whether a clearance opens or allows less than the turn was begun with. */
function isLower(clearance: Clearance, turn: Turn): boolean {
  return !clearance.covers(turn.grant.reads) || lowest(clearance.acts, turn.grant.acts) !== turn.grant.acts
}
