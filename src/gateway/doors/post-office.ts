// Brings the gateway's own words to a place or a person: stored in their session, then out.
import { clear } from '../../access/clear.ts'
import type { Clearance } from '../../access/clearance.ts'
import { type Household, owners, type Person } from '../../access/household.ts'
import { atLeast, type Level } from '../../access/levels.ts'
import type { Channel, Choice, Inbound, Place } from '../../channel.ts'
import { inLanes, partsOf } from '../../delivery/parts.ts'
import type { Sealed } from '../../delivery/seal.ts'
import { seal, sealPlain } from '../../delivery/seal.ts'
import type { Sender } from '../../delivery/sender.ts'
import type { NewEntry } from '../../store/entry.ts'
import type { Part } from '../../store/outbox.ts'
import type { Posting } from '../../store/post.ts'
import type { NewSession } from '../../store/sessions.ts'
import type { Store } from '../../store/store.ts'
import { newTrace } from '../../trace/trace.ts'
import type { Live } from '../live.ts'
import { sessionFor } from '../sessions.ts'

export interface PostOffice {
  /** Remembers where a person was last met directly. */
  met(person: Person, place: Place): void
  /** Where a person is reached under a clearance that `fits`: the last place met, else an identity on a running channel. */
  placeFor(person: Person, fits?: (clearance: Clearance) => boolean): Place | null
  /** Says something in the place of an inbound row, which ends with it: answered, or ignored for a reason. */
  answer(
    row: { id: number; inbound: Inbound; trace: string },
    sealed: Sealed,
    clearance: Clearance,
    session: NewSession | null,
    more?: { readonly choices?: readonly Choice[]; readonly ignoredAs?: string },
  ): void
  /** Tells a person what was written from `labels`, where they may read it. False if there is no such place. */
  tell(person: Person, text: string, about?: About, ask?: Ask): boolean
  tellOwners(text: string, ask?: Ask): void
  /** Says a line of the gateway's own in a session's place. */
  note(session: NewSession, clearance: Clearance, text: string, trace: string): void
  /** Hands text that was approved for `to` over to them, sealed anew. */
  release(
    to: Person,
    text: string,
    by: { person: string; labels: readonly string[]; key: string; trace: string },
  ): Place | null
}

/** A message that wants an answer: buttons, and a key by which a reaction to it is known. */
export interface Ask {
  readonly choices: readonly Choice[]
  readonly key?: string
}

/** What a notice was written from, and the level that its reader needs to act on it. */
export interface About {
  readonly labels: readonly string[]
  readonly needs: Level
}

const aboutNobody: About = { labels: [], needs: 'public' }

export const fitsAbout = (about: About) => (clearance: Clearance) =>
  clearance.covers(about.labels) && atLeast(clearance.acts, about.needs)

export interface PostOfficeOptions {
  readonly store: Store
  readonly sender: Sender
  readonly live: Live
  readonly household: () => Household
  readonly channel: (name: string) => Channel | undefined
  readonly directSessions: () => 'person' | 'channel'
  readonly now: () => number
}

export function openPostOffice(options: PostOfficeOptions): PostOffice {
  const { store, now } = options
  const lastMet = new Map<string, string>()

  function met(person: Person, place: Place): void {
    const text = JSON.stringify(place)
    if (options.channel(place.channel)?.capabilities.local || lastMet.get(person.id) === text) return
    lastMet.set(person.id, text)
    if (JSON.stringify(store.settings.get(`person:${person.id}`, 'place')) === text) return
    store.settings.set(`person:${person.id}`, 'place', place, now())
  }

  /** Every place of a person on a running channel: the last met first, then what only this computer shows, what has failed last. */
  function placesOf(person: Person): Place[] {
    const known = store.settings.get<Place>(`person:${person.id}`, 'place')
    const places = person.matches.flatMap((match): Place[] => {
      const colon = match.indexOf(':')
      const channel = options.channel(match.slice(0, colon))
      return channel ? [{ channel: channel.name, kind: 'direct', id: match.slice(colon + 1) }] : []
    })
    const rankOf = (place: Place) => {
      if (!works(place)) return 3
      if (place.channel === known?.channel && place.id === known.id) return 0
      return options.channel(place.channel)!.capabilities.local ? 2 : 1
    }
    return places.sort((a, b) => rankOf(a) - rankOf(b))
  }

  /** Whether something sent there now can arrive before somebody mends the channel. */
  function works(place: Place): boolean {
    const state = options.channel(place.channel)?.state()
    return state !== undefined && state.kind !== 'failed' && !(state.kind === 'connected' && state.error)
  }

  const placeFor: PostOffice['placeFor'] = (person, fits) =>
    placesOf(person).find(place => !fits || fits(directClearance(person, place))) ?? null

  const directClearance = (person: Person, place: Place) =>
    clear({ kind: 'person', person }, place, { kind: 'list', ids: [] }, options.household())

  function post(
    sealed: Sealed,
    to: {
      place: Place
      clearance: Clearance
      replyTo?: string
      answers?: string
      choices?: readonly Choice[]
    },
    facts: {
      key: string
      trace: string
      session: NewSession | null
      entry: NewEntry
      release?: Posting['release']
    },
    inbox?: Posting['inbox'],
  ): void {
    const channel = options.channel(to.place.channel)
    const parts: readonly Part[] =
      (channel && partsOf(sealed, { ...to, channel }, { key: facts.key, turn: null, trace: facts.trace })) ??
      []
    const session = facts.session && store.sessions.ensure(facts.session, now())
    const done = store.post(
      {
        place: session && { session: session.id, epoch: session.epoch, turn: null, trace: facts.trace },
        entries: [facts.entry],
        parts: inLanes(parts, options.sender.idle),
        ...(inbox ? { inbox } : {}),
        ...(facts.release ? { release: facts.release } : {}),
      },
      now(),
    )
    options.live.entries(done.entries)
    options.sender.take(done.rows)
  }

  const notice = (text: string, labels: readonly string[]): NewEntry => ({
    role: 'notice',
    blocks: [{ type: 'text', text }],
    author: null,
    labels,
    origin: 'agent',
  })

  function tell(person: Person, text: string, about = aboutNobody, ask?: Ask): boolean {
    const place = placeFor(person, fitsAbout(about))
    if (!place) return false
    const clearance = directClearance(person, place)
    const sealed =
      about.labels.length === 0 ? sealPlain(text, clearance) : seal(text, narrowed(clearance, about))
    const session = sessionFor({ kind: 'person', person }, place, options.directSessions())
    const trace = newTrace()
    post(
      sealed,
      { place, clearance, ...(ask ? { choices: ask.choices } : {}) },
      { key: ask?.key ?? `notice:${trace}`, trace, session, entry: notice(text, sealed.labels) },
    )
    return true
  }

  return {
    met,
    placeFor,
    answer(row, sealed, clearance, session, { choices, ignoredAs } = {}) {
      const { inbound } = row
      const group = inbound.place.kind === 'group'
      post(
        sealed,
        {
          place: inbound.place,
          clearance,
          answers: inbound.externalId,
          ...(group ? { replyTo: inbound.externalId } : {}),
          ...(choices ? { choices } : {}),
        },
        {
          key: `inbox:${row.id}`,
          trace: row.trace,
          session,
          entry: notice(sealed.open(clearance), sealed.labels),
        },
        { id: row.id, state: ignoredAs ? 'ignored' : 'answered', reason: ignoredAs ?? null },
      )
    },
    tell,
    tellOwners(text, ask) {
      for (const person of owners(options.household())) tell(person, text, aboutNobody, ask)
    },
    note(session, clearance, text, trace) {
      const sealed = sealPlain(text, clearance)
      const key = `note:${newTrace()}`
      post(sealed, { place: clearance.place, clearance }, { key, trace, session, entry: notice(text, []) })
    },
    release(to, text, by) {
      const place = placeFor(to)
      if (!place) return null
      const clearance = directClearance(to, place)
      post(
        seal(text, clearance),
        { place, clearance },
        {
          key: by.key,
          trace: by.trace,
          session: sessionFor({ kind: 'person', person: to }, place, options.directSessions()),
          entry: { ...notice(text, clearance.reads), role: 'assistant' },
          release: { by: by.person, to: to.id, labels: by.labels },
        },
      )
      return place
    },
  }
}

/** Whether a part is a notice of the gateway's own, or a line in a session. */
export const isNotice = (key: string): boolean => /^(notice|note):/.test(key)

/** The same place with no more open than the notice was written from. */
const narrowed = (clearance: Clearance, { labels }: About): Clearance =>
  clearance.narrow({ reads: clearance.reads.filter(compartment => labels.includes(compartment)) })
