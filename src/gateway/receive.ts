// The journey of one message, from arrival to the room that answers it.
import type { Household } from '../access/household.ts'
import type { Level } from '../access/levels.ts'
import type { Inbound } from '../channel.ts'
import { sealPlain } from '../delivery/seal.ts'
import type { Log } from '../log.ts'
import { plainText } from '../store/entry.ts'
import type { Received } from '../store/inbox.ts'
import type { Session } from '../store/sessions.ts'
import type { Store } from '../store/store.ts'
import { newTrace, type Tracer } from '../trace/trace.ts'
import { unknownCommand } from './commands/unknown.ts'
import type { ConsentOffice } from './consent.ts'
import type { Task } from './conversation/task.ts'
import type { Cleared, Gatekeeper } from './doors/gatekeeper.ts'
import type { PostOffice } from './doors/post-office.ts'
import type { Errand } from './errand.ts'
import type { Live } from './live.ts'
import { openStrangers } from './people/strangers.ts'
import { type ReactionMeaning, reactedTo, readReaction } from './reactions.ts'
import type { Revisions } from './revisions.ts'
import { chooseRoute, type Route } from './route.ts'
import { spokenOrigin, spokenText, strangerAuthor } from './said.ts'
import { sessionFor } from './sessions.ts'

export interface ReceiveOptions {
  readonly store: Store
  readonly gatekeeper: Gatekeeper
  readonly household: () => Household
  readonly directSessions: () => 'person' | 'channel'
  readonly commandLevels: ReadonlyMap<string, Level>
  readonly runCommand: (
    row: Received,
    cleared: Cleared,
    session: Session,
    command: Extract<Route, { kind: 'command' }>,
  ) => Promise<void>
  readonly enqueue: (session: string, task: Task) => void
  /** Work that no person just wrote, by the channel it arrives on. */
  readonly errands: ReadonlyMap<string, Errand>
  readonly office: PostOffice
  readonly consent: ConsentOffice
  readonly revisions: Revisions
  readonly live: Live
  readonly log: Log
  readonly tracer: Tracer
  /** The beginning of today, in milliseconds since 1970. */
  readonly today: () => number
  readonly now: () => number
}

export interface Receiver {
  /** Stores a batch in one commit; what follows goes on by itself. Resolves once it may be acknowledged. */
  admit(batch: readonly Inbound[]): Promise<void>
  /** Takes rows up that are stored already, in order. */
  proceed(rows: readonly Received[]): void
}

export function openReceiver(options: ReceiveOptions): Receiver {
  const { store, now } = options
  const strangers = openStrangers(options)
  /** Messages of one place keep their order while its membership is asked for. */
  const order = new Map<string, Promise<void>>()

  async function receive(arrived: Received, moment: number): Promise<void> {
    const revision = arrived.inbound.revises ? options.revisions.apply(arrived) : null
    if (revision?.kind === 'settled') return
    const row =
      revision?.kind === 'message'
        ? { ...arrived, inbound: revision.inbound }
        : reactedTo(options.revisions.overtaken(arrived), store.outbox)
    if (row === null) return
    const { inbound } = row
    const span = options.tracer.start('message', row.trace, null, {
      channel: inbound.channel,
      sender: `${inbound.channel}:${inbound.sender.id}`,
      place: inbound.place.id,
      ...(inbound.expiresMs === undefined ? options.tracer.content({ text: inbound.text }) : {}),
    })
    const errand = options.errands.get(inbound.channel)
    if (errand) {
      span.end({ route: inbound.channel })
      return errand.take(row)
    }
    const cleared = await options.gatekeeper.clear(inbound, moment)
    const { speaker, clearance, group } = cleared
    const spanEnds = (route: string) => span.end({ route, person: clearance.person, acts: clearance.acts })
    if (inbound.reaction) {
      spanEnds('reaction')
      return reacted(row, cleared)
    }
    if (revision?.kind === 'withdrawn') {
      spanEnds('note')
      return withdrawn(row, cleared, revision.text)
    }
    const route = chooseRoute(inbound, {
      speaker,
      clearance,
      household: options.household(),
      group,
      publicToday: speaker.kind === 'stranger' ? strangers.answeredToday(inbound) : 0,
      commands: options.commandLevels,
    })
    spanEnds(route.kind)
    if (speaker.kind === 'person' && inbound.sender.unverified)
      strangers.changed(inbound, speaker.person.name)
    if (speaker.kind === 'person' && inbound.place.kind === 'direct' && !inbound.sender.unverified)
      options.office.met(speaker.person, inbound.place)
    switch (route.kind) {
      case 'ignore':
        return ignore(row, route.reason)
      case 'pair':
        return strangers.pair(row, cleared)
      case 'listen':
        return listen(row, cleared)
      case 'command':
        return options.runCommand(row, cleared, sessionOf(cleared, inbound), route)
      case 'unknown command': {
        const words = unknownCommand(route.name, clearance, options.commandLevels)
        return options.office.answer(row, sealPlain(words, clearance), clearance, sessionOf(cleared, inbound))
      }
      case 'turn': {
        const session = sessionOf(cleared, inbound)
        if (speaker.kind === 'stranger') strangers.count(inbound)
        return options.enqueue(session.id, { kind: 'message', row, cleared, session, clearedAt: now() })
      }
      default:
        return route satisfies never
    }
  }

  const sessionOf = ({ speaker }: Cleared, inbound: Inbound): Session =>
    store.sessions.ensure(sessionFor(speaker, inbound.place, options.directSessions()), now())

  function ignore(row: Received, reason: string): void {
    store.inbox.settle(row.id, 'ignored', reason)
    options.log.debug({ trace: row.trace, reason }, 'ignored')
    if (reason === 'unlisted group') strangers.inUnlistedGroup(row.inbound.place)
  }

  /** The words are named only where the conversation shows them still: others may read here now. */
  function withdrawn(row: Received, cleared: Cleared, text: string): void {
    if (isForeign(row, cleared)) return store.inbox.settle(row.id, 'ignored', 'a stranger takes words back')
    const { id, epoch, windowFrom } = sessionOf(cleared, row.inbound)
    const entries = store.transcript.view(cleared.clearance).entries(id, epoch, windowFrom)
    const shown = text !== '' && entries.some(entry => plainText(entry.blocks).includes(text))
    listen(
      row,
      cleared,
      `[took back ${shown ? `the message: “${text.slice(0, 200)}”` : 'an earlier message'}]`,
    )
  }

  const isForeign = ({ inbound }: Received, { speaker, group }: Cleared): boolean =>
    speaker.kind === 'stranger' || (inbound.place.kind === 'group' && !group)

  function reacted(row: Received, cleared: Cleared): void {
    const { clearance } = cleared
    const meaning: ReactionMeaning = isForeign(row, cleared)
      ? { kind: 'nothing', reason: 'a reaction of a stranger' }
      : readReaction(row, clearance, options)
    if (meaning.kind === 'nothing') return store.inbox.settle(row.id, 'ignored', meaning.reason)
    if (meaning.kind === 'note') return listen(row, cleared, meaning.text)
    options.office.answer(row, sealPlain(meaning.text, clearance), clearance, sessionOf(cleared, row.inbound))
  }

  function listen(row: Received, cleared: Cleared, text = spokenText(row.inbound)): void {
    const { clearance, speaker } = cleared
    const session = sessionOf(cleared, row.inbound)
    const person = speaker.kind === 'person' ? speaker.person : null
    const done = store.post(
      {
        place: { session: session.id, epoch: session.epoch, turn: null, trace: row.trace },
        entries: [
          {
            role: 'heard',
            blocks: [{ type: 'text', text }],
            author: person?.id ?? strangerAuthor(row.inbound.sender.name),
            labels: clearance.reads,
            origin: spokenOrigin(row.inbound, person),
          },
        ],
        parts: [],
        inbox: { id: row.id, state: 'heard', reason: null },
      },
      now(),
    )
    options.live.entries(done.entries)
  }

  function proceed(rows: readonly Received[]): void {
    const moment = options.gatekeeper.moment()
    for (const row of rows) {
      const place = `${row.inbound.channel}:${row.inbound.place.id}`
      const before = order.get(place) ?? Promise.resolve()
      const next = before
        .then(() => receive(row, moment))
        .catch(error =>
          options.log.error({ err: error, trace: row.trace }, 'a message could not be taken up'),
        )
        .finally(() => {
          if (order.get(place) === next) order.delete(place)
        })
      order.set(place, next)
    }
  }

  return {
    async admit(batch) {
      proceed(
        store.inbox.admit(
          batch.map(inbound => ({ inbound, trace: newTrace() })),
          now(),
        ),
      )
      await store.durable()
    },
    proceed,
  }
}
