// Asks who listens, then has the access room issue the clearance.
import { clear, clearJob, groupOf, type OwnJob, reissue } from '../../access/clear.ts'
import type { Clearance, Grant } from '../../access/clearance.ts'
import { type Group, type Household, identify, type Speaker } from '../../access/household.ts'
import { type Channel, type Inbound, type Membership, type Place, placeKey } from '../../channel.ts'
import { messageOf } from '../../errors.ts'

export interface Cleared {
  readonly speaker: Speaker
  readonly clearance: Clearance
  readonly group: Group | undefined
}

export interface Gatekeeper {
  /** A mark of this moment: what is asked of a platform from now on is true for what is here already. */
  moment(): number
  /** Who listens is asked anew, unless it was since `arrived`: a backlog is no reason to ask a thousand times. */
  clear(inbound: Inbound, arrived?: number): Promise<Cleared>
  /** The clearance of a job that no person speaks for. */
  clearJob(job: OwnJob, place: Place | null): Promise<Clearance>
  /** The lower of what was granted and what is true now. */
  reissue(grant: Grant): Promise<Clearance>
}

const membershipTimeoutMs = 5_000
/** Places whose last answer is kept; of another one it is asked again. */
const mostAnswers = 1_000
const nobodyElse: Membership = { kind: 'list', ids: [] }

export function openGatekeeper(
  household: () => Household,
  channel: (name: string) => Channel | undefined,
): Gatekeeper {
  async function membership(place: Place): Promise<Membership> {
    if (place.kind === 'direct') return nobodyElse
    if (!groupOf(place, household())) return { kind: 'unknown', reason: 'not a listed group' }
    const from = channel(place.channel)
    if (!from?.members) return { kind: 'unknown', reason: 'the channel does not tell' }
    try {
      return await from.members(place, AbortSignal.timeout(membershipTimeoutMs))
    } catch (error) {
      return { kind: 'unknown', reason: messageOf(error) }
    }
  }

  let asks = 0
  const answers = new Map<string, { readonly ask: number; readonly answer: Promise<Membership> }>()
  function membershipSince(place: Place, arrived: number): Promise<Membership> {
    if (place.kind === 'direct') return membership(place)
    const known = answers.get(placeKey(place))
    if (known && known.ask > arrived) return known.answer
    const answer = membership(place)
    answers.delete(placeKey(place))
    answers.set(placeKey(place), { ask: ++asks, answer })
    if (answers.size > mostAnswers) answers.delete(answers.keys().next().value!)
    return answer
  }

  return {
    moment: () => asks,
    async clear(inbound, arrived = asks) {
      const listening = await membershipSince(inbound.place, arrived)
      const speaker = identify(inbound.sender, household())
      return {
        speaker,
        clearance: clear(speaker, inbound.place, listening, household()),
        group: inbound.place.kind === 'group' ? groupOf(inbound.place, household()) : undefined,
      }
    },
    async clearJob(job, place) {
      const listening = place ? await membership(place) : nobodyElse
      return clearJob(job, place, listening, household())
    },
    async reissue(grant) {
      return reissue(grant, await membership(grant.place), household())
    },
  }
}
