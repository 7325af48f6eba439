// What is true outside: people, groups and who sits in them, with the rule of trust written down a second time.
import type { Membership } from '../../src/channel.ts'

export const levels = ['public', 'familiar', 'inner', 'full'] as const
export type Level = (typeof levels)[number]

export interface Someone {
  id: string
  level: Level
  cap: Partial<Record<string, Level>>
  /** Still in coop.toml. */
  known: boolean
}

export interface Circle {
  id: string
  channel: 'tele' | 'disc'
  ceiling: Level
  stranger: Level
  declared: string[]
  /** Who really reads there. */
  members: Set<string>
}

export interface World {
  people: Someone[]
  circles: Circle[]
  unknown: 'pair' | 'ignore' | 'public'
}

const rank = (level: Level): number => levels.indexOf(level)
const lower = (a: Level, b: Level): Level => (rank(a) < rank(b) ? a : b)

const opened: Record<Level, readonly string[]> = {
  public: [],
  familiar: ['social'],
  inner: ['social', 'shared'],
  full: ['social', 'shared', 'private'],
}

function levelOn(world: World, id: string, channel: string): Level {
  const someone = world.people.find(one => one.id === id && one.known)
  return someone ? lower(someone.level, someone.cap[channel] ?? 'full') : 'public'
}

/** The compartments that a direct conversation opens; `direct` marks that nobody else is in it. */
export function openDirect(world: World, id: string, channel: string): Set<string> {
  const level = levelOn(world, id, channel)
  return new Set([...opened[level], `direct:${id}`, ...(level === 'public' ? [] : [`personal:${id}`])])
}

/** The compartments that every reader of a group opens. */
export function openInCircle(world: World, circle: Circle, members: ReadonlySet<string>): Set<string> {
  let level = circle.ceiling
  for (const id of members) {
    const known = world.people.some(one => one.id === id && one.known)
    level = lower(level, known ? levelOn(world, id, circle.channel) : circle.stranger)
  }
  return new Set(opened[level])
}

/** The most that somebody may do in a place. */
export const actsIn = (world: World, id: string, channel: string, circle?: Circle): Level =>
  circle ? lower(levelOn(world, id, channel), circle.ceiling) : levelOn(world, id, channel)

export const isAtLeast = (level: Level, needed: Level): boolean => rank(level) >= rank(needed)

/** What the platform says: one lists members, the other only counts them. */
export const membershipOf = (circle: Circle): Membership =>
  circle.channel === 'disc'
    ? { kind: 'list', ids: [...circle.members].map(id => `d-${id}`) }
    : { kind: 'count', count: circle.members.size }

/** coop.toml of this world, `[agent]` left out. */
export function tomlOf(world: World): string {
  const known = world.people.filter(one => one.known)
  const users = known.map(
    ({ id, level, cap }) => `[[users]]
name = "${id}"
trust = "${level}"
match = ["tele:t-${id}", "disc:d-${id}"${id === 'alice' ? ', "terminal:default"' : ''}]
max_trust = { ${Object.entries(cap)
      .map(([channel, level]) => `${channel} = "${level}"`)
      .join(', ')} }`,
  )
  const groups = world.circles.map(
    circle => `[[groups]]
match = "${circle.channel}:${circle.id}"
trigger = "mention"
ceiling = "${circle.ceiling}"
default_trust = "${circle.stranger}"
members = [${circle.declared
      .filter(id => known.some(one => one.id === id))
      .map(id => `"${id}"`)
      .join(', ')}]`,
  )
  return `[access]
unknown = "${world.unknown}"
${users.join('\n')}
${groups.join('\n')}
[prompt]
shared_files = [
  { path = "social.md", trust = "familiar", cache = "stable" },
  { path = "shared.md", trust = "inner", cache = "session" },
  { path = "private.md", trust = "full", cache = "volatile" },
]
user_files = [{ path = "own.md", trust = "familiar", cache = "session" }]
`
}
