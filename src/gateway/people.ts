// Lets people in: a pairing code becomes a user in coop.toml.
import type { Level } from '../access/levels.ts'
import { terminalMatch } from '../config/household.ts'
import { type Config, configFrom } from '../config/load.ts'
import { userId } from '../config/parse.ts'
import { patchText, type RawConfig, writeAtomically } from '../config/patch.ts'
import { CoopError } from '../errors.ts'
import type { Pairings } from '../store/pairings.ts'

export interface People {
  /** Makes the stranger behind `code` a person, or one more identity of a known one. Returns what happened. */
  approve(code: string, name: string, trust: Level | null): string
  deny(code: string): string
}

export function openPeople(options: {
  readonly pairings: Pairings
  readonly config: () => Config
  /** Brings a changed configuration into force. */
  readonly reload: (config: Config) => void
}): People {
  const { pairings } = options

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

  return {
    approve(code, name, trust) {
      const pairing = open(code)
      const match = `${pairing.channel}:${pairing.sender}`
      const config = options.config()
      const text = patchText(config.text, raw => addUser(raw, name, trust, match))
      const next = configFrom(text, config.path, config.household.revision + 1)
      writeAtomically(config.path, text)
      pairings.settle(code, 'approved')
      options.reload(next)
      const person = [...next.household.people.values()].find(candidate => candidate.matches.includes(match))
      return `${person?.name ?? name} is known now, as ${person?.level ?? trust}, on ${pairing.channel}.`
    },
    deny(code) {
      const pairing = open(code)
      pairings.settle(code, 'denied')
      return `${pairing.name} on ${pairing.channel} stays a stranger.`
    },
  }
}

function addUser(raw: RawConfig, name: string, trust: Level | null, match: string): void {
  const users = raw.users ?? []
  const known = users.find(user => userId(user) === name || user.name.toLowerCase() === name.toLowerCase())
  if (known) {
    if (trust !== null && trust !== known.trust) {
      throw new CoopError(
        'input_invalid',
        `${known.name} is a user already, with trust ${known.trust}; leave --trust out to add this identity.`,
      )
    }
    known.match = [...(known.match ?? []), match]
  } else {
    if (trust === null)
      throw new CoopError(
        'usage_wrong',
        `${name} is new: say how far they are trusted, with --trust familiar, inner or full.`,
      )
    if (users.length === 0) users.push({ name: 'owner', trust: 'full', match: [terminalMatch] })
    users.push({ name, trust, match: [match] })
  }
  raw.users = users
}
