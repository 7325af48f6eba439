// What a live client may ask of the gateway, each call cleared anew.
import type { Clearance } from '../access/clearance.ts'
import type { Household, Person } from '../access/household.ts'
import { atLeast } from '../access/levels.ts'
import type { Models } from '../agent/models/models.ts'
import type { Control, ControlMethod, Principal } from '../channel.ts'
import { CoopError } from '../errors.ts'
import type { SequencedEvent } from '../protocol/events.ts'
import { protocolVersion } from '../protocol/framing.ts'
import {
  type CommandInfo,
  methods,
  type Params,
  type Results,
  type StatusReport,
} from '../protocol/messages.ts'
import type { Entry } from '../store/entry.ts'
import type { Session } from '../store/sessions.ts'
import type { Store } from '../store/store.ts'
import type { ConsentOffice } from './consent.ts'
import { eventOf, type Live } from './live.ts'
import { clientChannel, openPrincipals } from './principals.ts'
import { titleFor } from './session-title.ts'

export interface ControlOptions {
  readonly store: Store
  readonly household: () => Household
  readonly directSessions: () => 'person' | 'channel'
  readonly live: Live
  readonly consent: ConsentOffice
  readonly status: () => StatusReport
  readonly stop: (session: string) => boolean
  readonly shutdown: () => void
  /** Runs a chat command; null when there is no such command at this level. */
  readonly command: (
    person: Person,
    clearance: Clearance,
    session: Session,
    text: string,
  ) => Promise<Results['command/run'] | null>
  readonly modelFor: (person: Person, session: string) => string
  /** Why the offline model answers, where it was not chosen. */
  readonly standIn: () => string | undefined
  readonly commands: (clearance: Clearance) => CommandInfo[]
  readonly models: () => Pick<Models, 'known' | 'contextOf' | 'resolve'>
  readonly running: (session: string) => boolean
  /** The beginning of today, in milliseconds since 1970. */
  readonly today: () => number
  readonly now: () => number
}

const page = 200
/** Said to a client when it comes, where nothing is missing. */
const offlineNotice = 'The built-in offline model answers, as chosen.'

export function openControl(options: ControlOptions): Control {
  const { store } = options
  const principals = openPrincipals(options)
  const { personOf, view, viewIfAny, maySee, readable, writable } = principals

  const handlers: {
    [M in ControlMethod]: (principal: Principal, params: never) => Promise<Results[M]> | Results[M]
  } = {
    'session/list'(principal, { cursor, limit = 50 }: Params<'session/list'>) {
      const [updatedAt, ...id] = (cursor ?? '').split(' ')
      const rows = store.sessions.list(
        page,
        cursor ? { updatedAt: Number(updatedAt), id: id.join(' ') } : undefined,
      )
      const seen = rows.filter(session => maySee(principal, session)).slice(0, limit)
      const last = seen.length === limit ? seen.at(-1) : rows.length === page ? rows.at(-1) : undefined
      return {
        sessions: seen.map(session => ({
          id: session.id,
          title: titleFor(session, view(principal), store) ?? session.id,
          updatedAt: session.updatedAt,
        })),
        ...(last ? { next: `${last.updatedAt} ${last.id}` } : {}),
      }
    },
    'session/stop': (principal, { session }: Params<'session/stop'>) => ({
      stopped: options.stop(writable(principal, session).id),
    }),
    'session/history'(principal, { session, before, limit = 50 }: Params<'session/history'>) {
      const { id } = readable(principal, session)
      const entries = store.transcript
        .view(view(principal))
        .before(id, before ?? Number.MAX_SAFE_INTEGER, limit)
      return { events: entries.flatMap(entry => sequenced(entry)), more: entries.length === limit }
    },
    'session/rename'(principal, { session, title }: Params<'session/rename'>) {
      store.sessions.rename(writable(principal, session).id, title)
      return { renamed: true }
    },
    'session/delete'(principal, { session }: Params<'session/delete'>) {
      const { id } = writable(principal, session)
      if (options.stop(id))
        throw new CoopError(
          'not_permitted',
          'A turn was running there; it is being stopped. Delete the session again then.',
        )
      store.sessions.remove(id)
      return { deleted: true }
    },
    'approval/list': principal => ({
      approvals: options.consent.openFor(view(principal)).map(({ id, question, createdAt, expiresAt }) => {
        const longer = store.permits.offered(id)?.words
        return { id, question, ...(longer ? { longer } : {}), createdAt, expiresAt }
      }),
    }),
    'approval/answer': (principal, { id, answer, minutes }: Params<'approval/answer'>) => ({
      text: options.consent.answer(
        id,
        answer === 'approve' ? 'approved' : 'denied',
        view(principal),
        () => minutes && minutes * 60_000,
      ),
    }),
    async 'command/run'(principal, { session, command }: Params<'command/run'>) {
      const result = await options.command(
        personOf(principal),
        view(principal),
        writable(principal, session),
        command,
      )
      if (result === null)
        throw new CoopError('not_found', `There is no command "${command.split(/\s/)[0]}"; /help lists them.`)
      return result
    },
    'command/list'(principal, { session }: Params<'command/list'>) {
      writable(principal, session)
      const { acts } = view(principal)
      return {
        commands: options.commands(view(principal)),
        models: atLeast(acts, 'inner') ? [...options.models().known] : [],
        people: atLeast(acts, 'inner')
          ? [...options.household().people.values()].map(person => person.name)
          : [],
      }
    },
    'session/state'(principal, { session: wanted }: Params<'session/state'>) {
      const session = readable(principal, wanted)
      const model = options.modelFor(personOf(principal), session.id)
      const { channels } = options.status()
      return {
        session: session.id,
        title: titleFor(session, view(principal), store) ?? session.id,
        model,
        running: options.running(session.id),
        context: { used: store.spending.lastSize(session.id), limit: options.models().contextOf(model) },
        usdToday: store.spending.ofPerson(principal.person, options.today()),
        channels: atLeast(view(principal).acts, 'full')
          ? channels.map(({ name, state }) => ({ name, state }))
          : [],
      }
    },
    status(principal) {
      if (!atLeast(view(principal).acts, 'full'))
        throw new CoopError('not_permitted', 'The status is for fully trusted people.')
      return options.status()
    },
    'gateway/stop'(principal) {
      if (!atLeast(view(principal).acts, 'full'))
        throw new CoopError('not_permitted', 'Stopping the gateway is for fully trusted people.')
      options.shutdown()
      return { stopping: true }
    },
  }

  function sequenced(entry: Entry): SequencedEvent[] {
    const event = eventOf(entry)
    const own: SequencedEvent[] = event ? [{ session: entry.session, seq: entry.id, event }] : []
    const turn = entry.turn === null ? undefined : store.turns.get(entry.turn)
    if (!turn || turn.lastEntry !== entry.id || turn.state === 'running' || turn.state === 'waiting')
      return own
    const usage = turn.usage ?? { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }
    const ended = {
      type: 'turn_ended',
      turn: turn.id,
      state: turn.state,
      reason: turn.reason ?? '',
      usage,
    } as const
    return [...own, { session: entry.session, seq: entry.id, event: ended }]
  }

  return {
    admit({ user }) {
      const { principal, person } = principals.admit(user)
      const model = options.modelFor(person, principal.session)
      return {
        principal,
        protocol: protocolVersion,
        person: person.id,
        name: person.name,
        level: view(principal).acts,
        session: principal.session,
        model,
        ...(options.models().resolve(model).startsWith('offline/')
          ? { notice: options.standIn() ?? offlineNotice }
          : {}),
      }
    },
    async call(principal, method, params) {
      const parsed = methods[method].safeParse(params)
      if (!parsed.success) throw new CoopError('protocol_invalid', `The parameters of ${method} do not fit.`)
      return handlers[method](principal, parsed.data as never)
    },
    placeOf(principal, session) {
      writable(principal, session)
      return { channel: clientChannel, kind: 'direct', id: principal.sender }
    },
    attach(principal, { session: wanted, after }, listener) {
      const session = readable(principal, wanted)
      const watching = options.live.watch(session.id, () => viewIfAny(principal), listener)
      const transcript = store.transcript.view(view(principal))
      let seq = after ?? transcript.before(session.id, Number.MAX_SAFE_INTEGER, 1)[0]?.id ?? 0
      if (after !== undefined) {
        for (
          let batch = transcript.after(session.id, seq, page);
          batch.length > 0;
          batch = transcript.after(session.id, seq, page)
        ) {
          for (const entry of batch) for (const event of sequenced(entry)) listener(event)
          seq = batch.at(-1)!.id
        }
      }
      return { session: session.id, seq, [Symbol.dispose]: () => watching[Symbol.dispose]() }
    },
  }
}
