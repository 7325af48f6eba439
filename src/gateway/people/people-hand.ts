// People as one full person's turn reaches them: shown freely, changed only after a yes.
import type { Clearance } from '../../access/clearance.ts'
import { CoopError } from '../../errors.ts'
import type { Memory } from '../../memory/memory.ts'
import type { Pairings } from '../../store/pairings.ts'
import type { PeopleChange, PeopleHand } from '../../tools/hands/household.ts'
import { planLines } from '../configuration/config-hand.ts'
import type { Configuration } from '../configuration/configuration.ts'
import type { Author } from '../configuration/history.ts'
import { planEdits } from '../configuration/plan.ts'
import { levelNamed, type People, type PersonChange, personNamed } from './people.ts'
import { reportLine, reportPeople } from './preview.ts'
import { foresee, foresightLines } from './sight.ts'

export interface PeopleHandOptions {
  readonly people: People
  readonly pairings: Pairings
  readonly configuration: Configuration
  readonly memory: Memory
  /** Whether a person approved this very call. */
  readonly approved: (callId: string) => boolean
}

export function peopleHand(
  clearance: Clearance,
  callId: string,
  { people, pairings, configuration, memory, approved }: PeopleHandOptions,
): PeopleHand | null {
  const { person, place } = clearance
  if (person === null || place.kind !== 'direct' || clearance.level !== 'full') return null

  return {
    list: () => listPeople(configuration, pairings),
    wouldSee: who => wouldSee(configuration, memory, who, person),
    question(change) {
      if (change.action === 'approve' || change.action === 'deny') {
        const pairing = pairings.get(change.who)
        if (!pairing) throw new CoopError('not_found', `There is no pairing code ${change.who}.`)
        const whom = `${pairing.name} on ${pairing.channel} (${pairing.sender})`
        if (change.action === 'deny') return `Leave ${whom} out?`
        return `Let ${whom} in as ${change.to ?? 'a person without a name'}, trusted as ${change.level ?? 'before'}?`
      }
      const wanted = changeOf(change)
      const plan = planEdits(configuration.latest(), people.edits(wanted))
      return ['Change people?', people.question(wanted), planLines(plan)].filter(Boolean).join('\n\n')
    },
    async change(change) {
      if (!approved(callId)) throw new CoopError('not_permitted', 'This change needs a person’s approval.')
      const why = `${change.action} ${change.who} ${change.to ?? change.level ?? ''}`.trim()
      const author: Author = { who: person, via: 'chat', why, call: callId }
      if (change.action === 'deny') return people.deny(change.who)
      if (change.action !== 'approve') return people.change(changeOf(change), author)
      if (!change.to) throw new CoopError('usage_wrong', 'Say who it is: `to` is their name.')
      return people.approve(change.who, change.to, change.level ? levelNamed(change.level) : null, author)
    },
  }
}

function changeOf({ action, who, to, level }: PeopleChange): PersonChange {
  if (action === 'level') return { kind: 'level', who, level: levelNamed(level) }
  if (!to) throw new CoopError('usage_wrong', `${action} needs the other name, in \`to\`.`)
  return action === 'merge' ? { kind: 'merge', who, into: to } : { kind: 'rename', who, name: to }
}

/** Everybody who is known, and who waits. */
export function listPeople(configuration: Pick<Configuration, 'latest'>, pairings: Pairings): string {
  const people = [...configuration.latest().household.people.values()].map(
    ({ name, id, level, matches }) => `${name} (${id}), ${level}: ${matches.join(', ') || 'no identity'}`,
  )
  const waiting = pairings
    .open()
    .map(({ code, name, channel }) => `${code}: ${name} on ${channel} waits to be let in`)
  return [...people, ...waiting].join('\n')
}

/** What a person's next turn would hold. */
export async function wouldSee(
  configuration: Pick<Configuration, 'latest'>,
  memory: Memory,
  who: string,
  viewer: string | null,
): Promise<string> {
  const config = configuration.latest()
  const person = personNamed(config.household, who)
  if (!person) throw new CoopError('not_found', `There is no user “${who}”.`)
  const reports = reportPeople(config).filter(report => report.id === person.id)
  const foresight = await foresee(config, memory, person, viewer)
  return [...reports.map(reportLine), ...foresightLines(person, foresight)].join('\n')
}
