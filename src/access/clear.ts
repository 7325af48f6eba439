// The only issuer: from who speaks, where, and who listens, to what exists for that turn.
import type { Membership, Place } from '../channel.ts'
import { type Audience, audienceOf } from './audience.ts'
import { type Clearance, type Grant, issue } from './clearance.ts'
import { type Group, type Household, levelIn, type Person, type Speaker } from './household.ts'
import { compartmentsOf, type Level, lowest, personalOf } from './levels.ts'

/** Issues the clearance of `speaker` in `place`, given who is known to listen there. */
export function clear(
  speaker: Speaker,
  place: Place,
  membership: Membership,
  household: Household,
): Clearance {
  const group = place.kind === 'group' ? groupOf(place, household) : undefined
  const audience = audienceOf(place, speaker, group, membership, household)
  return clearFor(speaker, place, group, audience, household)
}

function clearFor(
  speaker: Speaker,
  place: Place,
  group: Group | undefined,
  audience: Audience,
  household: Household,
): Clearance {
  const own = speaker.kind === 'person' ? levelIn(speaker.person, place) : 'public'
  const common = {
    person: speaker.kind === 'person' ? speaker.person.id : null,
    place,
    audience: audience.people.map(person => person.id),
    ...(audience.strangers.length > 0 ? { strangers: true as const } : {}),
    tools: null,
    revision: household.revision,
  }
  if (place.kind === 'direct') {
    const personal = speaker.kind === 'person' && own !== 'public' ? [personalOf(speaker.person.id)] : []
    return issue({ ...common, reads: [...compartmentsOf(own), ...personal], acts: own })
  }
  const ceiling = group?.ceiling ?? 'public'
  const floor = lowest(
    ceiling,
    ...audience.people.map(person => levelIn(person, place)),
    ...audience.strangers,
  )
  return issue({ ...common, reads: compartmentsOf(floor), acts: lowest(own, ceiling) })
}

/** Where work happens that reaches nobody. */
const nowhere = 'nowhere'

/** A job that no person speaks for. Only `tools` are left to it. */
export interface OwnJob {
  readonly id: string
  readonly trust: Level
  readonly tools: readonly string[]
}

/** Issues its clearance: at most its trust, and what everybody in `place` may see; without a place it reaches nobody. */
export function clearJob(
  job: OwnJob,
  place: Place | null,
  membership: Membership,
  household: Household,
): Clearance {
  const group = place?.kind === 'group' ? groupOf(place, household) : undefined
  const readers = place ? audienceOf(place, null, group, membership, household) : nobody
  return clearJobFor(job, place, readers, household)
}

const nobody: Audience = { people: [], strangers: [] }

function clearJobFor(
  { id, trust, tools }: OwnJob,
  place: Place | null,
  readers: Audience,
  household: Household,
): Clearance {
  const group = place?.kind === 'group' ? groupOf(place, household) : undefined
  const ceiling = place?.kind === 'group' ? (group?.ceiling ?? 'public') : trust
  const floor = lowest(
    trust,
    ceiling,
    ...readers.people.map(person => levelIn(person, place!)),
    ...readers.strangers,
  )
  return issue({
    person: null,
    place: place ?? { channel: nowhere, kind: 'direct', id },
    audience: readers.people.map(person => person.id),
    ...(readers.strangers.length > 0 ? { strangers: true as const } : {}),
    reads: compartmentsOf(floor),
    acts: floor,
    tools,
    revision: household.revision,
    job: id,
  })
}

/** Issues a stored grant again: the lower of what was stored and what is true now. */
export function reissue(grant: Grant, membership: Membership, household: Household): Clearance {
  const { job } = grant
  if (job === undefined)
    return lowerOf(grant, clear(speakerOf(grant, household), grant.place, membership, household))
  const now = clearJob(jobOf(grant, job), jobPlace(grant), membership, household)
  return lowerOf(grant, now)
}

/** What `household` leaves of a grant if nobody came or left since: for a reload, which cannot wait for the platform. */
export function reissueAmongSame(grant: Grant, household: Household): Clearance {
  const { place, job } = grant
  const group = place.kind === 'group' ? groupOf(place, household) : undefined
  const people = grant.audience.flatMap(id => household.people.get(id) ?? [])
  const gone = grant.audience.length - people.length
  const audience = { people, strangers: Array<Level>(gone).fill(group?.defaultLevel ?? 'public') }
  if (job === undefined)
    return lowerOf(grant, clearFor(speakerOf(grant, household), place, group, audience, household))
  const now = clearJobFor(jobOf(grant, job), jobPlace(grant), audience, household)
  return lowerOf(grant, now)
}

const lowerOf = (grant: Grant, now: Clearance): Clearance =>
  now.narrow({ reads: grant.reads, acts: grant.acts, ...(grant.tools ? { tools: grant.tools } : {}) })

const jobOf = ({ acts, tools }: Grant, id: string): OwnJob => ({ id, trust: acts, tools: tools ?? [] })

const jobPlace = ({ place }: Grant): Place | null => (place.channel === nowhere ? null : place)

/** The group's rule. A topic or thread has its group's. */
export function groupOf(place: Place, household: Household): Group | undefined {
  return household.groups.get(`${place.channel}:${place.id}`)
}

/** The view of one person in a direct conversation at `channel`, for commands that show it. */
export function viewOf(person: Person, channel: string, household: Household): Clearance {
  const place: Place = { channel, kind: 'direct', id: person.id }
  return clear({ kind: 'person', person }, place, { kind: 'list', ids: [] }, household)
}

/** Who a grant speaks for now: a direct place that is no longer that person's is a stranger's. */
function speakerOf(grant: Grant, household: Household): Speaker {
  const { channel, kind, id } = grant.place
  const theirs = kind === 'group' || household.byMatch.get(`${channel}:${id}`) === grant.person
  const person = grant.person === null || !theirs ? undefined : household.people.get(grant.person)
  if (person) return { kind: 'person', person }
  return { kind: 'stranger', sender: { channel: grant.place.channel, id: '', name: '' } }
}
