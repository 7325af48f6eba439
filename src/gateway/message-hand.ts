// Lets a turn write to somebody else: only to known people, and only what was approved.
import type { Clearance } from '../access/clearance.ts'
import type { Household, Person } from '../access/household.ts'
import type { MessageHand } from '../tools/hands/talk.ts'
import { newTrace } from '../trace/trace.ts'
import type { PostOffice } from './doors/post-office.ts'

export function messageHand(
  clearance: Clearance,
  callId: string,
  { household, office }: { readonly household: () => Household; readonly office: PostOffice },
): MessageHand | null {
  const { person } = clearance
  if (person === null) return null
  // Every turn asks whether there is anybody; who they all are only a call needs.
  const reached = (other: Person) => other.id !== person && office.placeFor(other) !== null
  if (!household().people.values().some(reached)) return null
  const others = () => household().people.values().filter(reached)
  return {
    get recipients() {
      return [...others().map(other => other.name)]
    },
    send(to, text) {
      const recipient = others().find(other => other.name.toLowerCase() === to.toLowerCase())
      if (!recipient) throw new Error(`There is no "${to}" to write to.`)
      const from = household().people.get(person)?.name ?? person
      const place = office.release(recipient, `${from} says: ${text}`, {
        person,
        labels: clearance.reads,
        key: `message:${callId}`,
        trace: newTrace(),
      })
      return place
        ? `On its way to ${recipient.name} on ${place.channel}.`
        : `${recipient.name} cannot be reached.`
    },
  }
}
