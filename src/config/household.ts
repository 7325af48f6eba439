// Settings to the people, groups and rules that the access room works with.
import type { Group, Household, Person } from '../access/household.ts'
import { userId } from './parse.ts'
import type { Settings } from './schema.ts'

/** The match of whoever sits at this computer's terminal. */
export const terminalMatch = 'terminal:default'

/**
 * The household of `settings`. With no users at all the terminal is its full owner. Each person
 * is also `terminal:<id>`: only the terminal says so, and only for who may take that view.
 */
export function householdOf(settings: Settings, revision: number): Household {
  const people = new Map<string, Person>()
  const byMatch = new Map<string, string>()
  for (const user of settings.users) {
    const id = userId(user)
    people.set(id, {
      id,
      name: user.name,
      level: user.trust,
      maxLevel: user.max_trust,
      matches: user.match,
      ...(user.timezone === undefined ? {} : { timezone: user.timezone }),
      ...(user.model === undefined ? {} : { model: user.model }),
    })
    for (const match of user.match) byMatch.set(match, id)
  }
  if (people.size === 0) {
    people.set('owner', { id: 'owner', name: 'owner', level: 'full', maxLevel: {}, matches: [terminalMatch] })
    byMatch.set(terminalMatch, 'owner')
  }
  for (const id of people.keys()) if (!byMatch.has(`terminal:${id}`)) byMatch.set(`terminal:${id}`, id)
  return {
    revision,
    people,
    byMatch,
    groups: new Map(settings.groups.map(group => [group.match, groupOf(group, people, byMatch)])),
    unknown: settings.access.unknown,
    publicDailyMessages: settings.access.public_daily_messages,
  }
}

function groupOf(
  group: Settings['groups'][number],
  people: ReadonlyMap<string, Person>,
  byMatch: ReadonlyMap<string, string>,
): Group {
  const named = (name: string): string | null =>
    people.get(name)?.id ??
    byMatch.get(name) ??
    [...people.values()].find(person => person.name === name)?.id ??
    null
  /** Somebody named twice is one member, or the count would hide a stranger. */
  const firstOfPerson = (id: string | null, index: number, all: readonly (string | null)[]) =>
    id === null || all.indexOf(id) === index
  return {
    match: group.match,
    members: [...new Set(group.members)].map(named).filter(firstOfPerson),
    ceiling: group.ceiling,
    defaultLevel: group.default_trust,
    trigger: group.trigger,
    mentionNames: group.mention_names,
    historyLimit: group.history_limit,
    ...(group.trigger_regex === undefined ? {} : { triggerRegex: new RegExp(group.trigger_regex, 'iu') }),
  }
}
