// Who can read what is written in a place.
import type { Membership, Place } from '../channel.ts'
import type { Group, Household, Person, Speaker } from './household.ts'
import type { Level } from './levels.ts'

export interface Audience {
  readonly people: readonly Person[]
  /** Levels of the members who are nobody we know, one an entry. */
  readonly strangers: readonly Level[]
}

/**
 * Everybody who can read `place`. A membership that is unread, stale or at odds with
 * what the owner declared adds a member of the group's default level.
 */
export function audienceOf(
  place: Place,
  speaker: Speaker,
  group: Group | undefined,
  membership: Membership,
  household: Household,
): Audience {
  if (place.kind === 'direct') {
    return speaker.kind === 'person'
      ? { people: [speaker.person], strangers: [] }
      : { people: [], strangers: ['public'] }
  }
  const stranger: Level = group?.defaultLevel ?? 'public'
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
  }
  if (speaker.kind === 'stranger') strangers++
  else if (!people.has(speaker.person.id)) {
    people.set(speaker.person.id, speaker.person)
    strangers++
  }
  return { people: [...people.values()], strangers: Array<Level>(strangers).fill(stranger) }
}

/** Everybody who can read `place` when nobody speaks there. */
export function readersOf(
  place: Place,
  group: Group | undefined,
  membership: Membership,
  household: Household,
): Audience {
  if (place.kind === 'direct') {
    const person = household.people.get(household.byMatch.get(`${place.channel}:${place.id}`) ?? '')
    return person ? { people: [person], strangers: [] } : { people: [], strangers: ['public'] }
  }
  const stranger: Level = group?.defaultLevel ?? 'public'
  const ids =
    membership.kind === 'list'
      ? membership.ids.map(id => household.byMatch.get(`${place.channel}:${id}`))
      : (group?.members ?? [])
  const known = ids.flatMap(id => (id ? (household.people.get(id) ?? []) : []))
  const declared = group?.members.length ?? 0
  const complete =
    membership.kind === 'list' || (membership.kind === 'count' && membership.count === declared && declared > 0)
  const strangers = ids.length - known.length + (complete ? 0 : 1)
  return { people: [...new Set(known)], strangers: Array<Level>(strangers).fill(stranger) }
}
