// Who a live client is, and which conversations it may read and write in, as the household is at this moment.
import { viewOf } from '../access/clear.ts'
import type { Clearance } from '../access/clearance.ts'
import { type Household, identify, type Person } from '../access/household.ts'
import { atLeast } from '../access/levels.ts'
import type { Principal } from '../channel.ts'
import { terminalMatch } from '../config/household.ts'
import { CoopError } from '../errors.ts'
import type { Session } from '../store/sessions.ts'
import type { Store } from '../store/store.ts'
import { sessionFor } from './sessions.ts'

/** The channel on which whoever sits at this computer is known. */
export const clientChannel = 'terminal'

export interface PrincipalsOptions {
  readonly store: Store
  readonly household: () => Household
  readonly directSessions: () => 'person' | 'channel'
  readonly now: () => number
}

export interface Principals {
  /** The owner, or the person whose view they take. Throws `not_permitted` and `not_found`. */
  admit(user: string | undefined): { readonly principal: Principal; readonly person: Person }
  /** Throws `not_permitted` for somebody who is no longer a user. */
  personOf(principal: Principal): Person
  /** What is open to them now. */
  view(principal: Principal): Clearance
  /** The same; null for somebody who is no longer a user. */
  viewIfAny(principal: Principal): Clearance | null
  maySee(principal: Principal, session: Session): boolean
  /** The session of that id, or their own without one. Throws `session_missing` for what they may not see. */
  readable(principal: Principal, id: string | undefined): Session
  /** The same, and theirs to write in. Throws `not_permitted`. */
  writable(principal: Principal, id: string): Session
}

export function openPrincipals(options: PrincipalsOptions): Principals {
  const { store } = options
  const views = new Map<string, Clearance>()

  const ownSession = (person: Person): Session =>
    store.sessions.ensure(
      sessionFor(
        { kind: 'person', person },
        { channel: clientChannel, kind: 'direct', id: person.id },
        options.directSessions(),
      ),
      options.now(),
    )

  function personOf(principal: Principal): Person {
    const person = options.household().people.get(principal.person)
    if (!person) throw new CoopError('not_permitted', `${principal.name} is no longer a user.`)
    return person
  }

  function view(principal: Principal): Clearance {
    const person = personOf(principal)
    const known = views.get(person.id)
    if (known?.revision === options.household().revision) return known
    const fresh = viewOf(person, clientChannel, options.household())
    views.set(person.id, fresh)
    return fresh
  }

  /** Their own sessions; whoever is fully trusted also sees groups and jobs. */
  const maySee = (principal: Principal, session: Session): boolean =>
    session.person === principal.person ||
    (session.person === null && session.kind !== 'direct' && atLeast(view(principal).acts, 'full'))

  function readable(principal: Principal, id: string | undefined): Session {
    const session =
      id === undefined
        ? ownSession(personOf(principal))
        : (store.sessions.get(id) ?? (id === principal.session ? ownSession(personOf(principal)) : undefined))
    if (!session || !maySee(principal, session))
      throw new CoopError('session_missing', `There is no session "${id}"; \`coop sessions\` lists yours.`)
    return session
  }

  return {
    admit(user) {
      const household = options.household()
      const owner = identify({ channel: clientChannel, id: 'default', name: '' }, household)
      if (owner.kind === 'stranger') {
        throw new CoopError(
          'not_permitted',
          `Nobody has the match "${terminalMatch}"; add it to the owner’s [[users]] entry in coop.toml.`,
        )
      }
      const person = user === undefined ? owner.person : named(household, user)
      if (!person || !atLeast(owner.person.level, person.level)) {
        throw new CoopError(
          'not_found',
          `There is no user "${user}" whose view you may take; \`coop users list\` shows them.`,
        )
      }
      const principal: Principal = {
        person: person.id,
        name: person.name,
        level: person.level,
        sender: user === undefined ? 'default' : person.id,
        session: ownSession(person).id,
      }
      return { principal, person }
    },
    personOf,
    view,
    viewIfAny: principal => (options.household().people.has(principal.person) ? view(principal) : null),
    maySee,
    readable,
    writable(principal, id) {
      const session = readable(principal, id)
      if (session.person !== principal.person)
        throw new CoopError(
          'not_permitted',
          `You can read "${id}" here, but write in it only where it is held.`,
        )
      return session
    },
  }
}

const named = (household: Household, name: string): Person | undefined =>
  household.people.get(name) ??
  [...household.people.values()].find(person => person.name.toLowerCase() === name.toLowerCase())
