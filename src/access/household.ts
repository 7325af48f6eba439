// Who there is: people by immutable id, groups by match, and the rule for strangers.
import type { Place, Sender } from '../channel.ts'
import { type Level, lowest } from './levels.ts'

export interface Person {
  readonly id: string
  readonly name: string
  readonly level: Level
  /** A ceiling for each channel, by the channel's name. */
  readonly maxLevel: Readonly<Record<string, Level>>
  /** `channel:identifier`, exact. */
  readonly matches: readonly string[]
  readonly timezone?: string
  readonly model?: string
}

export interface Group {
  readonly match: string
  /** Person ids that the owner says are in it; `null` for someone who is no known person. */
  readonly members: readonly (string | null)[]
  readonly ceiling: Level
  /** The level of members nobody declared. */
  readonly defaultLevel: Level
  readonly trigger: 'mention' | 'always' | 'regex'
  readonly mentionNames: readonly string[]
  readonly triggerRegex?: RegExp
  readonly historyLimit: number
}

export interface Household {
  /** Counts up with each configuration that came into force. */
  readonly revision: number
  readonly people: ReadonlyMap<string, Person>
  readonly byMatch: ReadonlyMap<string, string>
  readonly groups: ReadonlyMap<string, Group>
  readonly unknown: 'pair' | 'ignore' | 'public'
  readonly publicDailyMessages: number
}

export type Speaker =
  | { readonly kind: 'person'; readonly person: Person }
  | { readonly kind: 'stranger'; readonly sender: Sender }

/** Who a sender is. Only an exact match makes a person; one whose identity changed is public until confirmed. */
export function identify(sender: Sender, household: Household): Speaker {
  const id = household.byMatch.get(`${sender.channel}:${sender.id}`)
  const person = id === undefined ? undefined : household.people.get(id)
  if (!person) return { kind: 'stranger', sender }
  return { kind: 'person', person: sender.unverified ? { ...person, level: 'public' } : person }
}

/** How far a person is trusted on the channel of `place`. */
export function levelIn(person: Person, place: Place): Level {
  const cap = person.maxLevel[place.channel]
  return cap === undefined ? person.level : lowest(person.level, cap)
}

/** The people of the highest level: who is told, and asked, when something is the owner's to decide. */
export function owners(household: Household): readonly Person[] {
  return [...household.people.values()].filter(person => person.level === 'full')
}
