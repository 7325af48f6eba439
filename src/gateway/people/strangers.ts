// Who is not known, or not for sure: let in with a code, counted by the day, and told of to the owners once.
import type { Household } from '../../access/household.ts'
import { levels } from '../../access/levels.ts'
import type { Choice, Inbound, Place } from '../../channel.ts'
import { sealPlain } from '../../delivery/seal.ts'
import type { Received } from '../../store/inbox.ts'
import type { Store } from '../../store/store.ts'
import type { Cleared } from '../doors/gatekeeper.ts'
import type { PostOffice } from '../doors/post-office.ts'
import { shownName } from './shown-name.ts'

export interface StrangersOptions {
  readonly store: Store
  readonly household: () => Household
  readonly office: Pick<PostOffice, 'answer' | 'tellOwners'>
  /** The beginning of today, in milliseconds since 1970. */
  readonly today: () => number
  readonly now: () => number
}

export interface Strangers {
  /** The stranger is told once, and the owners with the code, in one commit; nothing of it reaches a model. */
  pair(row: Received, cleared: Cleared): void
  /** Owners hear once of a group that is not listed. */
  inUnlistedGroup(place: Place): void
  /** Owners hear of a changed identity once a day, as long as it is not confirmed and writes. */
  changed(inbound: Inbound, person: string): void
  /** Messages of this stranger that were answered today. */
  answeredToday(inbound: Inbound): number
  /** Counts a message that is about to be answered. */
  count(inbound: Inbound): void
}

interface Day {
  /** Its beginning, in milliseconds since 1970. */
  readonly day: number
  readonly messages: number
}

export function openStrangers(options: StrangersOptions): Strangers {
  const { store, office, today, now } = options
  const budgetName = ({ channel, sender }: Inbound): string => `public:${channel}:${sender.id}`

  function answeredToday(inbound: Inbound): number {
    const known = store.settings.get<Day>('gateway', budgetName(inbound))
    return known && known.day === today() ? known.messages : 0
  }

  /** Tells the owners unless `name` stands at `value` already, in one commit with noting it. */
  function tellOnce(name: string, value: unknown, text: string): void {
    if (store.settings.get('gateway', name) === value) return
    store.together(() => {
      store.settings.set('gateway', name, value, now())
      office.tellOwners(text)
    })
  }

  /** Buttons let somebody in only under a name that nobody has: a name the stranger chose must not become a person's. */
  function choices(code: string, name: string): Choice[] {
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

  return {
    pair(row, { clearance }) {
      const { channel, sender } = row.inbound
      const name = shownName(sender.name)
      store.together(() => {
        const { pairing, fresh } = store.pairings.ensure(channel, sender.id, name, now())
        if (!fresh) return store.inbox.settle(row.id, 'ignored', 'not approved yet')
        const words = `Hello! I answer only people I have been told about. Please ask my owner to let you in with the code ${pairing.code}.`
        office.answer(row, sealPlain(words, clearance), clearance, null, { ignoredAs: 'paired' })
        office.tellOwners(
          `${name} wrote to me on ${channel} and is not known. To let them in: /approve ${pairing.code} as NAME familiar (or inner, full). To leave them out: /deny ${pairing.code}.`,
          { choices: choices(pairing.code, name) },
        )
      })
    },
    inUnlistedGroup: ({ channel, id, title }) =>
      tellOnce(
        `told:${channel}:${id}`,
        true,
        `I was written to in the group “${shownName(title ?? id)}”, which is not listed, so I stay silent there. To let me answer, add to coop.toml:\n[[groups]]\nmatch = "${channel}:${id}"`,
      ),
    changed: ({ channel, sender }, person) =>
      tellOnce(
        `changed:${channel}:${sender.id}`,
        today(),
        `The ${channel} identity of ${person} has changed, a new phone perhaps, or somebody else. Until you say that it is them, they are answered as a stranger: /confirm ${channel}:${sender.id}`,
      ),
    answeredToday,
    count(inbound) {
      const day: Day = { day: today(), messages: answeredToday(inbound) + 1 }
      store.settings.set('gateway', budgetName(inbound), day, now())
    },
  }
}
