// Where a job's answer goes, and the clearance that all of these places leave to it.
import { type Clearance, lowestOf } from '../../access/clearance.ts'
import type { Household, Person } from '../../access/household.ts'
import type { Channel, Inbound, Place } from '../../channel.ts'
import type { Gatekeeper } from '../doors/gatekeeper.ts'
import { type Job, scheduleChannel } from './job.ts'

export interface Target {
  readonly place: Place
  readonly clearance: Clearance
}

export type WhereTo =
  /** `clearance` is what every target opens; without targets it is internal work. */
  | { readonly kind: 'open'; readonly clearance: Clearance; readonly targets: readonly Target[] }
  | { readonly kind: 'closed'; readonly reason: string }

export interface WhereToOptions {
  readonly household: () => Household
  readonly gatekeeper: Pick<Gatekeeper, 'clear' | 'clearJob'>
  /** A channel that runs. */
  readonly channel: (name: string) => ReachedBy | undefined
  readonly placeFor: (person: Person) => Place | null
}

interface ReachedBy {
  readonly name: string
  readonly capabilities: Pick<Channel['capabilities'], 'local'>
}

/** Tools that reach neither a person nor the network; whatever else there is, internal work has none of it. */
const internalTools = [
  'edit_file',
  'glob',
  'grep',
  'memory_search',
  'memory_write',
  'read_file',
  'skill',
  'todo',
  'write_file',
]

/** As the household and the channels are now; `closed` for a job that must not run. */
export async function whereTo(job: Job, options: WhereToOptions): Promise<WhereTo> {
  const { household, gatekeeper } = options
  if (job.person === null) return internal(job, job.trust, job.place)
  const person = household().people.get(job.person)
  if (!person) return { kind: 'closed', reason: `its user, ${job.person}, is gone` }
  const { place } = job
  const foreign =
    place?.kind === 'direct' && household().byMatch.get(`${place.channel}:${place.id}`) !== person.id
  if (foreign) return internal(job, person.level, place)
  const places = place ? [place] : ownPlaces(person)
  if (places.length === 0) return { kind: 'closed', reason: `${person.name} has no channel that runs` }

  const cleared = await Promise.all(
    places.map(async to => ({ place: to, clearance: (await gatekeeper.clear(asIf(person, to))).clearance })),
  )
  const targets = cleared.filter(({ clearance }) => job.grant === null || clearance.covers(job.grant.reads))
  const first = targets[0]
  if (!first) return { kind: 'closed', reason: `what it holds is no longer open to ${person.name} there` }
  const all = lowestOf(targets.map(target => target.clearance))
  const clearance = first.clearance.narrow(
    job.grant
      ? { reads: all.reads.filter(label => job.grant!.reads.includes(label)), acts: job.grant.acts }
      : {},
  )
  return { kind: 'open', clearance: clearance.narrow(all), targets }

  async function internal(work: Job, trust: Person['level'], to: Place | null): Promise<WhereTo> {
    const only = await gatekeeper.clearJob({ id: work.id, trust, tools: internalTools }, to)
    return { kind: 'open', clearance: only, targets: to ? [{ place: to, clearance: only }] : [] }
  }

  /** Everywhere they are reached; the terminal only if there is nothing else. */
  function ownPlaces(who: Person): Place[] {
    const reached = who.matches.flatMap((match): Place[] => {
      const colon = match.indexOf(':')
      const on = options.channel(match.slice(0, colon))
      return on && !on.capabilities.local
        ? [{ channel: on.name, kind: 'direct', id: match.slice(colon + 1) }]
        : []
    })
    const other = reached.length === 0 ? options.placeFor(who) : null
    return other ? [other] : reached
  }
}

/** A message as this person would write it there: what the gatekeeper is asked with. */
const asIf = (person: Person, place: Place): Inbound => ({
  channel: scheduleChannel,
  externalId: '',
  place,
  sender: { channel: 'terminal', id: person.id, name: person.name },
  text: '',
  at: 0,
})
