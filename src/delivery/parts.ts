// A sealed text to the outbox parts of one place, and parts to their lanes.
import type { Clearance } from '../access/clearance.ts'
import { type Channel, type Choice, type Place, placeKey } from '../channel.ts'
import type { Part, Queued } from '../store/outbox.ts'
import { messagesOf } from './messages.ts'
import type { Sealed } from './seal.ts'

export interface Address {
  readonly place: Place
  readonly channel: Channel
  /** What the place's audience may see. */
  readonly clearance: Clearance
  readonly replyTo?: string
  readonly answers?: string
  /** The live draft that the first part takes the place of. */
  readonly replaces?: string
  /** Offered under the last part. */
  readonly choices?: readonly Choice[]
}

export interface PartFacts {
  /** The same for the same reply, however often it is prepared. */
  readonly key: string
  readonly turn: string | null
  readonly trace: string
}

/** The parts in order; null if the place's audience does not cover the seal. */
export function partsOf(sealed: Sealed, to: Address, facts: PartFacts): Part[] | null {
  if (!to.clearance.covers(sealed.labels)) return null
  const messages = messagesOf(sealed.open(to.clearance), to.channel)
  return messages.map((message, index) => ({
    outbound: {
      key: `${facts.key}:${index}`,
      place: to.place,
      ...message,
      ...(index === 0 && to.replyTo !== undefined ? { replyTo: to.replyTo } : {}),
      ...(to.answers !== undefined ? { answers: to.answers } : {}),
      ...(index === 0 && to.replaces !== undefined ? { replaces: to.replaces } : {}),
      ...(index === messages.length - 1 && to.choices !== undefined ? { choices: to.choices } : {}),
    },
    labels: sealed.labels,
    grant: sealed.grant,
    turn: facts.turn,
    trace: facts.trace,
  }))
}

/** Parts as they are committed: in each lane the first is about to be sent, if the lane is `idle`. */
export function inLanes(parts: readonly Part[], idle: (place: Place) => boolean): Queued[] {
  const taken = new Set<string>()
  return parts.map(part => {
    const { place } = part.outbound
    const first = !taken.has(placeKey(place)) && idle(place)
    taken.add(placeKey(place))
    return { part, first }
  })
}
