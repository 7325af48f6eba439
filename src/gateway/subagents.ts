// Subagents from being sent off to their answer: a turn of their own in a session of their own, taken up again after a crash.
import { atLeast, type Level } from '../access/levels.ts'
import type { Outcome } from '../agent/turn.ts'
import type { Inbound } from '../channel.ts'
import { inLanes, partsOf } from '../delivery/parts.ts'
import { seal } from '../delivery/seal.ts'
import type { Received } from '../store/inbox.ts'
import type { Session } from '../store/sessions.ts'
import type { NewSubagent, Subagent, SubagentState } from '../store/subagents.ts'
import { type Errand, type ErrandOptions, subagentChannel, subagentSession } from './errand.ts'
import type { StopReason } from './lanes.ts'

export interface SubagentOptions extends ErrandOptions {
  /** What a profile says to do, if it says something. */
  readonly instructions: (profile: string) => string | undefined
  /** Runs a waiting turn on. */
  readonly wake: (turn: string) => void
  readonly stop: (session: string, reason: StopReason) => boolean
}

export interface Subagents extends Disposable {
  readonly errand: Errand
  /** Stores it with its task in one commit and sends it off. The same call again is nothing new. */
  send(sent: NewSubagent, task: string, facts: { callId: string; title: string; trace: string }): Subagent
  /** Stops it and all that it sent off; false when it had ended. */
  stop(id: string, why: string): boolean
  /** Stops those of a turn that is over before they are. */
  abandon(turn: string): void
  /** Takes up what a crash or a shutdown left, after the turns. */
  recover(): void
}

export function openSubagents(options: SubagentOptions): Subagents {
  const { store, now, log } = options
  const { subagents } = store
  const clocks = new Map<string, NodeJS.Timeout>()

  const send: Subagents['send'] = (sent, task, { callId, title, trace }) => {
    const known = subagents.ofCall(callId)
    if (known) return known
    const id = subagents.freeId()
    const inbound: Inbound = {
      channel: subagentChannel,
      externalId: id,
      place: { channel: subagentChannel, kind: 'direct', id, title },
      sender: { channel: subagentChannel, id, name: title },
      text: task,
      at: now(),
    }
    const rows = store.together(() => {
      const admitted = store.inbox.admit([{ inbound, trace }], now())
      subagents.add(id, sent, callId, admitted[0]!.id, now())
      store.sessions.ensure({ id: subagentSession(id), kind: 'subagent', person: sent.person, title }, now())
      return admitted
    })
    const subagent = subagents.get(id)!
    watch(subagent)
    setImmediate(() => options.proceed(rows))
    log.info({ subagent: id, trace, parent: sent.parent }, 'a subagent was sent off')
    return subagent
  }

  /** It is stopped when its time is over, whatever it does then. */
  function watch({ id, deadline }: Subagent): void {
    const left = Math.max(deadline - now(), 0)
    clocks.set(id, setTimeout(() => stop(id, 'it ran out of time'), left).unref())
  }

  const take: Errand['take'] = async row => {
    const sent = subagents.ofInbox(row.id)
    if (!sent) return store.inbox.settle(row.id, 'failed', 'the subagent is gone')
    const clearance = await options.gatekeeper.reissue(sent.grant)
    const person = options.household().people.get(sent.person)
    const current = subagents.get(sent.id)
    if (current?.state !== 'running') return store.inbox.settle(row.id, 'ignored', 'it was stopped')
    // It was being stopped when its turn had to begin again.
    if (current.reason !== null) return close(sent, row, 'stopped', current.reason)
    if (!person || clearance.person !== person.id)
      return errand.gaveUp(row, 'the person it works for may not be answered there any more')
    // Its task was written from what was open then.
    if (!clearance.covers(sent.grant.reads))
      return errand.gaveUp(row, 'what it was told is no longer open there')
    const session = store.sessions.get(subagentSession(sent.id))
    if (!session) return errand.gaveUp(row, 'its session was deleted')
    const cleared = { speaker: { kind: 'person', person }, clearance, group: undefined } as const
    options.enqueue({ row, cleared, session, clearedAt: now() })
  }

  const end: Errand['end'] = async (row, turn, desk, outcome, model) => {
    const sent = subagents.ofInbox(row.id)!
    const text = outcome.kind === 'reply' ? outcome.text.trim() : ''
    const state: SubagentState = outcome.kind === 'reply' && text === '' ? 'failed' : stateOf[outcome.kind]
    const reason = state === 'done' ? null : reasonOf(outcome, desk.clearance.level)
    const place = sent.grant.place
    const clearance = await options.gatekeeper.reissue(sent.grant)
    const said =
      state === 'done'
        ? text
        : `What I was doing in the background came to nothing: ${subagents.get(sent.id)?.reason ?? reason}.`
    const channel = sent.background && state !== 'stopped' ? options.channel(place.channel) : undefined
    const sealed = seal(said, desk.clearance)
    const facts = { key: turn.id, turn: turn.id, trace: turn.trace }
    const parts = channel && partsOf(sealed, { place, clearance, channel }, facts)
    const done = store.together(() => {
      const ended = desk.end(
        {
          state: state === 'stopped' ? 'stopped' : state,
          reason: reason ?? 'done',
          usage: outcome.usage,
          model,
          entries: outcome.entry ? [outcome.entry] : [],
          parts: inLanes(parts ?? [], options.idle),
          inbox: { state: state === 'failed' ? 'failed' : 'answered', reason },
        },
        outcome.kind === 'reply' ? outcome.cost : null,
      )
      subagents.end(sent.id, state, { answer: ended.entries.at(-1)?.id ?? null, reason })
      const parent = store.sessions.get(sent.parent)
      const echoed = parts && parent ? echo(parent, said, outcome.entry?.origin ?? 'agent') : []
      return { rows: ended.rows, entries: [...ended.entries, ...echoed] }
    })
    options.live.entries(done.entries)
    const labels = desk.clearance.reads
    options.live.event(
      turn.session,
      { type: 'turn_ended', turn: turn.id, state: state, reason: reason ?? 'done', usage: outcome.usage },
      labels,
    )
    options.send(done.rows)
    if (channel && !parts)
      options.office.tellOwners(
        `What a subagent found was held back in ${place.title ?? place.id}: somebody reads there now who may not see what it was written from.`,
      )
    over(sent, state, reason)

    /** So that the conversation it came from knows what its person was told. */
    function echo(parent: Session, words: string, origin: 'derived' | 'agent' | string) {
      return store.post(
        {
          place: { session: parent.id, epoch: parent.epoch, turn: null, trace: turn.trace },
          entries: [
            {
              role: 'assistant',
              blocks: [{ type: 'text', text: words }],
              author: null,
              labels: sealed.labels,
              origin: origin === 'derived' ? 'derived' : 'agent',
            },
          ],
          parts: [],
        },
        now(),
      ).entries
    }
  }

  /** It has ended: its clock stops, and the turn that waited for it and the others goes on. */
  function over(sent: Subagent, state: SubagentState, reason: string | null): void {
    clearTimeout(clocks.get(sent.id))
    clocks.delete(sent.id)
    for (const child of subagents.openOfParent(subagentSession(sent.id))) stop(child.id, senderEnded)
    log.info({ subagent: sent.id, state, ...(reason === null ? {} : { reason }) }, 'a subagent ended')
    if (!sent.background && !subagents.isAwaited(sent.turn)) options.wake(sent.turn)
  }

  /** Ends one whose turn does not run. */
  function close(
    sent: Subagent,
    row: Received | undefined,
    state: 'failed' | 'stopped',
    reason: string,
  ): void {
    store.together(() => {
      if (row && (row.state === 'new' || row.state === 'running'))
        store.inbox.settle(row.id, 'failed', reason)
      const turn = row?.turn ? store.turns.get(row.turn) : undefined
      if (turn?.state === 'waiting' || turn?.state === 'running') store.turns.fail(turn.id, reason, now())
      subagents.end(sent.id, state, { reason })
    })
    over(sent, state, reason)
  }

  const stop: Subagents['stop'] = (id, why) => {
    const sent = subagents.get(id)
    if (sent?.state !== 'running') return false
    subagents.because(id, why)
    if (!options.stop(subagentSession(id), 'stopped'))
      close(sent, store.inbox.get(sent.inbox), 'stopped', why)
    return true
  }

  const errand: Errand = {
    take,
    end,
    waiting() {},
    gaveUp(row, reason) {
      const sent = subagents.ofInbox(row.id)
      if (!sent) return
      close(sent, store.inbox.get(row.id), 'failed', reason)
      const person = options.household().people.get(sent.person)
      if (sent.background && person)
        options.office.tell(person, `What I was doing in the background came to nothing: ${reason}.`)
    },
    brief({ sender }) {
      const sent = subagents.get(sender.id)
      const name = (sent && options.household().people.get(sent.person)?.name) ?? 'somebody'
      const own = sent?.profile == null ? undefined : options.instructions(sent.profile)
      const reader = sent?.background ? `to ${name}, as it stands` : 'back to who sent you off'
      return [
        `[You are a subagent, sent off by the agent that ${name} talks with; the message below is your task, in its words. Nobody is here to ask back. Your last answer goes ${reader}: put into it all that was asked for.]`,
        ...(own ? [own] : []),
      ].join('\n\n')
    },
    words: row => ({ author: null, origin: subagents.ofInbox(row.id)?.origin ?? 'outside' }),
  }

  return {
    errand,
    send,
    stop,
    abandon(turn) {
      for (const sent of subagents.openOfTurn(turn)) stop(sent.id, senderEnded)
    },
    recover() {
      for (const sent of subagents.open()) {
        const row = store.inbox.get(sent.inbox)
        if (row?.state === 'new' || row?.state === 'running') watch(sent)
        else close(sent, row, 'failed', 'it was interrupted')
      }
    },
    [Symbol.dispose]() {
      for (const clock of clocks.values()) clearTimeout(clock)
    },
  }
}

const senderEnded = 'who sent it off has ended'

const stateOf = { reply: 'done', stopped: 'stopped', failed: 'failed' } as const satisfies Record<
  string,
  SubagentState
>

/** Why there is no answer; what the provider said is for full trust alone. */
function reasonOf(outcome: Exclude<Outcome, { kind: 'waiting' }>, level: Level): string {
  if (outcome.kind === 'reply') return 'the model sent an empty answer'
  if (outcome.kind === 'stopped') return 'it was stopped'
  return atLeast(level, 'full') ? `${outcome.failure}: ${outcome.message}` : outcome.failure
}
