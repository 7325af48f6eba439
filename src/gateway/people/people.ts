// Lets people in and changes how they are known: each change one edit of coop.toml.
import type { Household, Person } from '../../access/household.ts'
import { type Level, levels, lowest } from '../../access/levels.ts'
import type { Edit } from '../../config/edit.ts'
import { editText } from '../../config/edit.ts'
import { userId } from '../../config/parse.ts'
import type { UserSettings } from '../../config/schema.ts'
import { CoopError } from '../../errors.ts'
import type { Pairings } from '../../store/pairings.ts'
import type { Configuration } from '../configuration/configuration.ts'
import type { Author } from '../configuration/history.ts'
import type { Joins } from './joins.ts'

export interface People {
  /** Makes the stranger behind `code` a person, or one more identity of a known one. Resolves to what happened. */
  approve(code: string, name: string, trust: Level | null, author: Author): Promise<string>
  deny(code: string): string
  /** The edits that a change of a known person takes. Throws for what is not possible. */
  edits(change: PersonChange): readonly Edit[]
  /** What a change means beyond its edits, for whoever has to agree; nothing for most. */
  question(change: PersonChange): string
  change(change: PersonChange, author: Author): Promise<string>
}

export type PersonChange =
  | { readonly kind: 'rename'; readonly who: string; readonly name: string }
  | { readonly kind: 'level'; readonly who: string; readonly level: Level }
  | { readonly kind: 'merge'; readonly who: string; readonly into: string }

export function openPeople(options: {
  readonly pairings: Pairings
  readonly configuration: Pick<Configuration, 'latest' | 'change' | 'outcomeOf'>
  readonly joins: Joins
}): People {
  const { pairings, configuration, joins } = options
  const settings = () => configuration.latest().settings

  function open(code: string) {
    const pairing = pairings.get(code)
    if (!pairing)
      throw new CoopError(
        'not_found',
        `There is no pairing code ${code}; \`coop users\` lists those that wait.`,
      )
    if (pairing.state !== 'open')
      throw new CoopError('not_found', `The pairing code ${pairing.code} was ${pairing.state} before.`)
    return pairing
  }

  function user(name: string) {
    const found = settings().users.find(one => isNamed(one, name))
    if (!found)
      throw new CoopError('not_found', `There is no user “${name}”; \`coop users list\` shows them.`)
    return found
  }

  function twoUsers(who: string, into: string) {
    const [gone, stays] = [user(who), user(into)]
    if (userId(gone) === userId(stays))
      throw new CoopError('input_invalid', `${who} and ${into} are one already.`)
    return [gone, stays] as const
  }

  function mergeEdits(who: string, into: string): Edit[] {
    const [gone, stays] = twoUsers(who, into)
    const { groups, cron } = settings()
    const names = (name: string) => name === gone.name || name === userId(gone)
    return [
      { key: `users[${userId(gone)}]` },
      { key: `users[${userId(stays)}].match`, value: gone.match },
      ...capsOf(gone, stays),
      ...groups.flatMap(({ match, members }) =>
        members
          .filter(names)
          .flatMap(member => [
            { key: `groups[${match}].members[${member}]` },
            { key: `groups[${match}].members`, value: [userId(stays)] },
          ]),
      ),
      ...cron.flatMap(job =>
        job.user && names(job.user) ? [{ key: `cron[${job.name}].user`, value: userId(stays) }] : [],
      ),
    ]
  }

  function edits(change: PersonChange): Edit[] {
    const id = userId(user(change.who))
    if (change.kind === 'level') return [{ key: `users[${id}].trust`, value: change.level }]
    if (change.kind === 'merge') return mergeEdits(change.who, change.into)
    return [
      { key: `users[${id}].id`, value: id },
      { key: `users[${id}].name`, value: change.name },
    ]
  }

  return {
    async approve(code, name, trust, author) {
      const pairing = open(code)
      const match = `${pairing.channel}:${pairing.sender}`
      const wish = () =>
        editText(
          configuration.latest().text,
          admission(settings().users, name, trust, match, joins.leftBehind),
        )
      const said = await configuration.change(wish, author)
      const { people } = configuration.latest().household
      const person = [...people.values()].find(candidate => candidate.matches.includes(match))
      if (!person) return said
      pairings.settle(code, 'approved')
      return `${person.name} is known now, as ${person.level}, on ${pairing.channel}.`
    },
    deny(code) {
      const pairing = open(code)
      pairings.settle(code, 'denied')
      return `${pairing.name} on ${pairing.channel} stays a stranger.`
    },
    edits,
    question(change) {
      if (change.kind !== 'merge') return ''
      const { people } = configuration.latest().household
      const [from, into] = twoUsers(change.who, change.into)
      return joins.question(people.get(userId(from))!, people.get(userId(into))!)
    },
    async change(change, author) {
      const before = configuration.outcomeOf(author.call)
      if (before !== null) return before
      const wish = () => editText(configuration.latest().text, edits(change))
      if (change.kind !== 'merge') return configuration.change(wish, author)
      const said = await merge(change.who, change.into, wish, author)
      return [said, ...(await joins.carryOut())].join('\n')
    },
  }

  /** Planned before the configuration changes: a crash right after must not leave what was theirs closed. */
  async function merge(who: string, into: string, wish: () => string, author: Author): Promise<string> {
    const [gone, stays] = twoUsers(who, into)
    const join = { from: userId(gone), into: userId(stays), matches: gone.match, by: author.who }
    using _ = await joins.plan(join)
    return await configuration.change(wish, author)
  }
}

/** An identity that was held lower on its channel stays so, and no other way around is opened to it. */
function capsOf(gone: UserSettings, stays: UserSettings): Edit[] {
  const channels = new Set(gone.match.map(match => match.slice(0, match.indexOf(':'))))
  return Object.entries(gone.max_trust).flatMap(([channel, cap]) => {
    const other = stays.max_trust[channel]
    const lower = other === undefined ? cap : lowest(cap, other)
    return channels.has(channel) && lower !== other
      ? [{ key: `users[${userId(stays)}].max_trust`, value: { [channel]: lower } }]
      : []
  })
}

interface User {
  readonly id?: string | undefined
  readonly name: string
  readonly trust: string
}

const isNamed = (user: User, name: string): boolean =>
  userId(user) === name || user.name.toLowerCase() === name.toLowerCase()

/** The edits that let `match` in as `name`; under an id of their own, where somebody who is gone `left` something. */
function admission(
  users: readonly User[],
  name: string,
  trust: Level | null,
  match: string,
  left: (id: string) => boolean,
): Edit[] {
  const known = users.find(user => isNamed(user, name))
  if (!known) {
    if (trust === null)
      throw new CoopError(
        'usage_wrong',
        `${name} is new: say how far they are trusted, with --trust familiar, inner or full.`,
      )
    const usual = userId({ name })
    let id = usual
    const taken = (other: string) => left(other) || users.some(user => userId(user) === other)
    for (let count = 2; taken(id); count++) id = `${usual}-${count}`
    return [{ key: 'users', value: [{ name, ...(id === usual ? {} : { id }), trust, match: [match] }] }]
  }
  if (trust !== null && trust !== known.trust)
    throw new CoopError(
      'input_invalid',
      `${known.name} is a user already, with trust ${known.trust}; leave --trust out to add this identity.`,
    )
  return [{ key: `users[${userId(known)}].match`, value: [match] }]
}

/** The level that a word names. Throws `usage_wrong`. */
export function levelNamed(word: string | undefined): Level {
  const level = levels.find(known => known === word)
  if (!level) throw new CoopError('usage_wrong', `“${word ?? ''}” is no level; take ${levels.join(', ')}.`)
  return level
}

/** The person of that id or name. */
export const personNamed = (household: Household, name: string): Person | undefined =>
  household.people.get(name) ??
  [...household.people.values()].find(person => person.name.toLowerCase() === name.toLowerCase())
