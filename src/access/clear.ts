// The only issuer: from who speaks, where, and who listens, to what exists for that turn.
import type { Membership, Place } from '../channel.ts'
import { audienceOf, readersOf } from './audience.ts'
import { type Clearance, type Grant, issue } from './clearance.ts'
import type { Group, Household, Person, Speaker } from './household.ts'
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
  const own = speaker.kind === 'person' ? levelIn(speaker.person, place) : 'public'
  const common = {
    person: speaker.kind === 'person' ? speaker.person.id : null,
    place,
    audience: audience.people.map(person => person.id),
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

/**
 * Issues the clearance of a job that no person speaks for: at most `trust`, and what everybody
 * in `place` may see; without a place it reaches nobody. Only `tools` are left to it.
 */
export function clearJob(
  job: string,
  trust: Level,
  place: Place | null,
  membership: Membership,
  household: Household,
  tools: readonly string[],
): Clearance {
  const group = place?.kind === 'group' ? groupOf(place, household) : undefined
  const readers = place ? readersOf(place, group, membership, household) : { people: [], strangers: [] }
  const ceiling = place?.kind === 'group' ? (group?.ceiling ?? 'public') : trust
  const floor = lowest(
    trust,
    ceiling,
    ...readers.people.map(person => levelIn(person, place!)),
    ...readers.strangers,
  )
  return issue({
    person: null,
    place: place ?? { channel: nowhere, kind: 'direct', id: job },
    audience: readers.people.map(person => person.id),
    reads: compartmentsOf(floor),
    acts: floor,
    tools,
    revision: household.revision,
    job,
  })
}

/** Issues a stored grant again: the lower of what was stored and what is true now. */
export function reissue(grant: Grant, membership: Membership, household: Household): Clearance {
  const now =
    grant.job === undefined
      ? clear(speakerOf(grant, household), grant.place, membership, household)
      : reissueJob(grant, grant.job, membership, household)
  return now.narrow({
    reads: grant.reads,
    acts: grant.acts,
    ...(grant.tools ? { tools: grant.tools } : {}),
  })
}

function reissueJob(grant: Grant, job: string, membership: Membership, household: Household): Clearance {
  const place = grant.place.channel === nowhere ? null : grant.place
  return clearJob(job, grant.acts, place, membership, household, grant.tools ?? [])
}

/** The group's rule. A topic or thread has its group's. */
export function groupOf(place: Place, household: Household): Group | undefined {
  return household.groups.get(`${place.channel}:${place.id}`)
}

/** The view of one person in a direct conversation at `channel`, for commands that show it. */
export function viewOf(person: Person, channel: string, household: Household): Clearance {
  const place: Place = { channel, kind: 'direct', id: person.id }
  return clear({ kind: 'person', person }, place, { kind: 'list', ids: [] }, household)
}

function speakerOf(grant: Grant, household: Household): Speaker {
  const person = grant.person === null ? undefined : household.people.get(grant.person)
  if (person) return { kind: 'person', person }
  return { kind: 'stranger', sender: { channel: grant.place.channel, id: '', name: '' } }
}

function levelIn(person: Person, place: Place): Level {
  const cap = person.maxLevel[place.channel]
  return cap === undefined ? person.level : lowest(person.level, cap)
}
