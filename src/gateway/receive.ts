// The journey of one message, from arrival to the room that answers it.
import type { Household } from '../access/household.ts'
import { type Level, levels } from '../access/levels.ts'
import type { Choice, Inbound } from '../channel.ts'
import { sealPlain } from '../delivery/seal.ts'
import type { Log } from '../log.ts'
import { plainText } from '../store/entry.ts'
import type { Received } from '../store/inbox.ts'
import type { Session } from '../store/sessions.ts'
import type { Store } from '../store/store.ts'
import { newTrace, type Tracer } from '../trace/trace.ts'
import type { ConsentOffice } from './consent.ts'
import type { Task } from './conversation/task.ts'
import type { Errand } from './errand.ts'
import type { Cleared, Gatekeeper } from './gatekeeper.ts'
import type { Live } from './live.ts'
import type { PostOffice } from './post-office.ts'
import { type ReactionMeaning, reactedTo, readReaction } from './reactions.ts'
import type { Revisions } from './revisions.ts'
import { chooseRoute, type Route } from './route.ts'
import { spokenOrigin, spokenText, strangerAuthor } from './said.ts'
import { sessionFor } from './sessions.ts'
import { shownName } from './shown-name.ts'

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
  /** Messages of one place keep their order while its membership is asked for. */
  const order = new Map<string, Promise<void>>()

  async function receive(arrived: Received): Promise<void> {
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
    const cleared = await options.gatekeeper.clear(inbound)
    const { speaker, clearance, group } = cleared
    if (inbound.reaction) return reacted(row, cleared)
    if (revision?.kind === 'withdrawn') return withdrawn(row, cleared, revision.text)
    const route = chooseRoute(inbound, {
      speaker,
      clearance,
      household: options.household(),
      group,
      publicToday: publicToday(inbound),
      commands: options.commandLevels,
    })
    span.end({ route: route.kind, person: clearance.person, acts: clearance.acts })
    if (speaker.kind === 'person' && inbound.sender.unverified) tellChanged(inbound, speaker.person.name)
    if (speaker.kind === 'person' && inbound.place.kind === 'direct' && !inbound.sender.unverified)
      options.office.met(speaker.person, inbound.place)
    switch (route.kind) {
      case 'ignore':
        return ignore(row, cleared, route.reason)
      case 'pair':
        return pair(row, cleared)
      case 'listen':
        return listen(row, cleared)
      case 'command':
        return options.runCommand(row, cleared, sessionOf(cleared, inbound), route)
      case 'turn': {
        const session = sessionOf(cleared, inbound)
        if (speaker.kind === 'stranger')
          store.settings.set('gateway', budgetName(inbound), publicToday(inbound) + 1, now())
        return options.enqueue(session.id, { kind: 'message', row, cleared, session, clearedAt: now() })
      }
      default:
        return route satisfies never
    }
  }

  const sessionOf = ({ speaker }: Cleared, inbound: Inbound): Session =>
    store.sessions.ensure(sessionFor(speaker, inbound.place, options.directSessions()), now())

  function ignore(row: Received, _cleared: Cleared, reason: string): void {
    store.inbox.settle(row.id, 'ignored', reason)
    options.log.debug({ trace: row.trace, reason }, 'ignored')
    if (reason !== 'unlisted group') return
    const { place } = row.inbound
    const name = `told:${place.channel}:${place.id}`
    if (store.settings.get('gateway', name)) return
    store.together(() => {
      store.settings.set('gateway', name, true, now())
      options.office.tellOwners(
        `I was written to in the group “${shownName(place.title ?? place.id)}”, which is not listed, so I stay silent there. To let me answer, add to coop.toml:\n[[groups]]\nmatch = "${place.channel}:${place.id}"`,
      )
    })
  }

  /** An owner hears of a changed identity once a day, as long as it is not confirmed and writes. */
  function tellChanged({ channel, sender }: Inbound, person: string): void {
    const today = new Date(now()).toISOString().slice(0, 10)
    const name = `changed:${channel}:${sender.id}`
    if (store.settings.get('gateway', name) === today) return
    store.together(() => {
      store.settings.set('gateway', name, today, now())
      options.office.tellOwners(
        `The ${channel} identity of ${person} has changed, a new phone perhaps, or somebody else. Until you say that it is them, they are answered as a stranger: /confirm ${channel}:${sender.id}`,
      )
    })
  }

  /** The stranger is told once, and the owner with the code, in one commit; nothing of it reaches a model. */
  function pair(row: Received, { clearance }: Cleared): void {
    const { inbound } = row
    const name = shownName(inbound.sender.name)
    store.together(() => {
      const { pairing, fresh } = store.pairings.ensure(inbound.channel, inbound.sender.id, name, now())
      if (!fresh) return store.inbox.settle(row.id, 'ignored', 'not approved yet')
      const words = `Hello! I answer only people I have been told about. Please ask my owner to let you in with the code ${pairing.code}.`
      options.office.answer(row, sealPlain(words, clearance), clearance, null, 'ignored', 'paired')
      options.office.tellOwners(
        `${name} wrote to me on ${inbound.channel} and is not known. To let them in: /approve ${pairing.code} as NAME familiar (or inner, full). To leave them out: /deny ${pairing.code}.`,
        { choices: pairingChoices(pairing.code, name) },
      )
    })
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

  /** Buttons let somebody in only under a name that nobody has: a name the stranger chose must not become a person's. */
  function pairingChoices(code: string, name: string): Choice[] {
    const plain = name
      .replace(/[^\p{L}\p{N} ]/gu, '')
      .trim()
      .slice(0, 20)
    const words = plain.toLowerCase().split(/\s+/)
    const known = [...options.household().people.values()].some(
      person => words.includes(person.id) || person.name.toLowerCase() === plain.toLowerCase(),
    )
    const reserved = words.some(word => ['as', 'trust', ...levels].includes(word))
    const out = { id: `/deny ${code}`, label: 'Leave out' }
    if (plain === '' || known || reserved) return [out]
    const admit = (['familiar', 'inner'] as const).map(level => ({
      id: `/approve ${code} as ${plain} ${level}`,
      label: `Let in, ${level}`,
    }))
    return [...admit, out]
  }

  const budgetName = ({ channel, sender }: Inbound): string =>
    `public:${new Date(now()).toISOString().slice(0, 10)}:${channel}:${sender.id}`
  const publicToday = (inbound: Inbound): number =>
    store.settings.get<number>('gateway', budgetName(inbound)) ?? 0

  function proceed(rows: readonly Received[]): void {
    for (const row of rows) {
      const place = `${row.inbound.channel}:${row.inbound.place.id}`
      const before = order.get(place) ?? Promise.resolve()
      const next = before
        .then(() => receive(row))
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
