// What every verb of `coop memory` works with: whose view, of which memory, asked how.
import type { Clearance } from '../../access/clearance.ts'
import type { Person } from '../../access/household.ts'
import { atLeast, levels, lowest } from '../../access/levels.ts'
import { terminalMatch } from '../../config/household.ts'
import type { Config } from '../../config/load.ts'
import { CoopError } from '../../errors.ts'
import type { Memory } from '../../memory/memory.ts'
import type { MemoryView } from '../../memory/view.ts'
import type { Cli } from '../command.ts'

export interface Flags {
  readonly as?: string
  readonly store?: string
  readonly limit?: string
  readonly json?: boolean
  readonly queries?: string
  readonly person?: string
  readonly query?: string
  readonly sources?: boolean
  readonly archived?: boolean
  readonly 'as-of'?: string
}

export interface Work {
  readonly cli: Cli
  readonly config: Config
  readonly memory: Memory
  readonly view: MemoryView
  readonly person: Person
  readonly clearance: Clearance
  readonly flags: Flags
  readonly rest: readonly string[]
}

/** Whose view is taken: of the terminal's own person, or of somebody who is not above them. */
export function personAsked(config: Config, name: string | undefined): Person {
  const { household } = config
  const id = household.byMatch.get(terminalMatch)
  const own = id === undefined ? undefined : household.people.get(id)
  if (name === undefined) {
    if (own) return own
    throw new CoopError('usage_wrong', `Nobody is "${terminalMatch}"; say whose view to take with --as NAME.`)
  }
  const named =
    household.people.get(name) ??
    [...household.people.values()].find(person => person.name.toLowerCase() === name.toLowerCase())
  const ceiling = own ? levelAtTerminal(own) : 'public'
  if (named && atLeast(ceiling, levelAtTerminal(named))) return named
  throw new CoopError('not_found', `There is no user "${name}" whose view the terminal may take.`)
}

const levelAtTerminal = (person: Person) => lowest(person.level, person.maxLevel.terminal ?? levels.at(-1)!)

export const print = (cli: Cli, line: string) => void cli.stdout.write(`${line}\n`)
export const warn = (cli: Cli, line: string) => void cli.stderr.write(`coop: ${line}\n`)
