// Who is in the story, how far each is trusted, who sits in which group, and what that opens: the rule written down once more.
import { alice, bob, carol, mallory } from '../support/stage.ts'
import type { Chance } from './chance.ts'

export const levels = ['public', 'familiar', 'inner', 'full'] as const
export type Level = (typeof levels)[number]

export const people = [alice, bob, carol, mallory]
export const writerOf = (id: string) => people.find(one => one.name.toLowerCase() === id)!

export interface Someone {
  readonly id: string
  level: Level
  cap: Partial<Record<string, Level>>
  known: boolean
}

export interface Circle {
  readonly id: number
  ceiling: Level
  stranger: Level
  readonly declared: string[]
  readonly members: Set<string>
}

export interface World {
  readonly people: Someone[]
  readonly circles: Circle[]
}

const circles = [-100201, -100202]

export function startOf(chance: Chance): World {
  return {
    people: [
      { id: 'alice', level: 'full', cap: {}, known: true },
      { id: 'bob', level: chance.of(['full', 'inner']), cap: {}, known: true },
      { id: 'carol', level: chance.of(['inner', 'familiar']), cap: {}, known: true },
    ],
    circles: [
      {
        id: circles[0]!,
        ceiling: 'full',
        stranger: 'public',
        declared: ['alice', 'bob'],
        members: new Set(['alice', 'bob']),
      },
      {
        id: circles[1]!,
        ceiling: 'inner',
        stranger: 'public',
        declared: ['alice', 'bob', 'carol'],
        members: new Set(['alice', 'bob', 'carol']),
      },
    ],
  }
}

const opened: Record<Level, readonly string[]> = {
  public: [],
  familiar: ['social'],
  inner: ['social', 'shared'],
  full: ['social', 'shared', 'private'],
}
const lower = (a: Level, b: Level): Level => (levels.indexOf(a) < levels.indexOf(b) ? a : b)

function levelOn(world: World, id: string, channel: string): Level {
  const someone = world.people.find(one => one.id === id && one.known)
  return someone ? lower(someone.level, someone.cap[channel] ?? 'full') : 'public'
}

export function openDirect(world: World, id: string, channel: string): Set<string> {
  const level = levelOn(world, id, channel)
  return new Set([...opened[level], ...(level === 'public' ? [] : [`personal:${id}`])])
}

export function openInCircle(world: World, circle: Circle): Set<string> {
  let level = circle.ceiling
  for (const id of circle.members) {
    const known = world.people.some(one => one.id === id && one.known)
    level = lower(level, known ? levelOn(world, id, 'telegram') : circle.stranger)
  }
  return new Set(opened[level])
}

/** What the gateway may take it for, who learns from Telegram only how many they are: never more. */
export function seemsOpenInCircle(world: World, circle: Circle): Set<string> {
  const known = circle.declared.filter(id => world.people.some(one => one.id === id && one.known))
  if (known.length === circle.members.size) return openInCircle(world, circle)
  const outsiders = world.people.filter(one => one.known && !known.includes(one.id))
  return new Set(
    opened[
      [...known, ...outsiders.map(one => one.id)]
        .map(id => levelOn(world, id, 'telegram'))
        .reduce(lower, lower(circle.ceiling, circle.stranger))
    ],
  )
}

/** coop.toml from the users on, without the channels. */
export const tomlOf = (world: World): string => `
${world.people
  .filter(one => one.known)
  .map(
    ({ id, level, cap }) => `[[users]]
name = "${writerOf(id).name}"
trust = "${level}"
match = ["telegram:${writerOf(id).id}"${id === 'alice' ? ', "terminal:default"' : ''}]
max_trust = { ${Object.entries(cap)
      .map(([channel, at]) => `${channel} = "${at}"`)
      .join(', ')} }
`,
  )
  .join('')}
${world.circles
  .map(
    circle => `[[groups]]
match = "telegram:${circle.id}"
ceiling = "${circle.ceiling}"
default_trust = "${circle.stranger}"
members = [${circle.declared
      .filter(id => world.people.some(one => one.id === id && one.known))
      .map(id => `"${id}"`)
      .join(', ')}]
`,
  )
  .join('')}
[access]
unknown = "public"
public_daily_messages = 100000

[[cron]]
name = "hearth"
cron = "0 0 1 1 *"
message = "hearth job"
trust = "inner"

[[cron]]
name = "porch"
cron = "0 0 1 1 *"
message = "hearth job"
trust = "inner"
[cron.deliver]
channel = "telegram"
target = "group:${circles[1]}"

`
