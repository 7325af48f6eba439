// Households for tests of the access room.
import type { Group, Household, Person } from '../../src/access/household.ts'
import type { Level } from '../../src/access/levels.ts'

export const person = (id: string, level: Level, maxLevel: Record<string, Level> = {}): Person => ({
  id,
  name: id,
  level,
  maxLevel,
  matches: [`tele:t-${id}`, `disc:d-${id}`],
})

export const group = (more: Partial<Group> = {}): Group => ({
  match: 'tele:g',
  members: ['alice', 'bob'],
  ceiling: 'familiar',
  defaultLevel: 'public',
  trigger: 'mention',
  mentionNames: [],
  historyLimit: 50,
  ...more,
})

export const householdOf = (
  people: readonly Person[],
  groups: readonly Group[] = [],
  more: Partial<Household> = {},
): Household => ({
  revision: 1,
  people: new Map(people.map(one => [one.id, one])),
  byMatch: new Map(people.flatMap(one => one.matches.map(match => [match, one.id] as const))),
  groups: new Map(groups.map(one => [one.match, one])),
  unknown: 'pair',
  publicDailyMessages: 20,
  ...more,
})
