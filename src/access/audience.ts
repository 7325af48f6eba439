// Who can read what is written in a place.
import type { Membership, Place } from '../channel.ts'
import { type Group, type Household, levelIn, type Person, type Speaker } from './household.ts'
import { type Level, lowest } from './levels.ts'

export interface Audience {
  readonly people: readonly Person[]
  /** Levels of the members who are nobody we know, one an entry. */
  readonly strangers: readonly Level[]
}

/**
 * Everybody who can read `place`. A membership that is unread, stale or at odds with
 * what the owner declared adds a member of the group's default level, or lower if it
 * could be a person of whom that is known.
 */
export function audienceOf(
  place: Place,
  /** Null when nobody speaks: a job that the gateway does. */
  speaker: Speaker | null,
  group: Group | undefined,
  membership: Membership,
  household: Household,
): Audience {
  if (place.kind === 'direct') {
    const reader = household.people.get(household.byMatch.get(`${place.channel}:${place.id}`) ?? '')
    if (!speaker) return reader ? { people: [reader], strangers: [] } : { people: [], strangers: ['public'] }
    return speaker.kind === 'person'
      ? { people: [speaker.person], strangers: [] }
      : { people: [], strangers: ['public'] }
  }
  let stranger: Level = group?.defaultLevel ?? 'public'
  const people = new Map<string, Person>()
  let strangers = 0
  const add = (id: string | null | undefined) => {
    const person = id == null ? undefined : household.people.get(id)
    if (person) people.set(person.id, person)
    else strangers++
  }
  if (membership.kind === 'list') {
    for (const id of membership.ids) add(household.byMatch.get(`${place.channel}:${id}`))
  } else {
    const declared = group?.members ?? []
    for (const id of declared) add(id)
    if (membership.kind !== 'count' || membership.count !== declared.length) strangers++
    for (const person of household.people.values()) {
      const reachable = person.matches.some(match => match.startsWith(`${place.channel}:`))
      if (reachable && !people.has(person.id)) stranger = lowest(stranger, levelIn(person, place))
    }
  }
  if (speaker?.kind === 'stranger') strangers++
  else if (speaker) {
    if (!people.has(speaker.person.id)) strangers++
    // As identified now: one whose identity is unverified reads as public.
    people.set(speaker.person.id, speaker.person)
  }
  return { people: [...people.values()], strangers: Array<Level>(strangers).fill(stranger) }
}
