// A reaction under one of the agent's messages: yes or no to a question, else a note for the next turn.
import type { Clearance } from '../access/clearance.ts'
import { messageOf } from '../errors.ts'
import type { Received } from '../store/inbox.ts'
import type { Store } from '../store/store.ts'
import type { ConsentOffice } from './consent.ts'

export type ReactionMeaning =
  /** Answered a question; what to tell the person. */
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'nothing'; readonly reason: string }

const yes = ['👍', '✅', '👌', '💯']
const no = ['👎', '❌', '🚫']

/** A reaction in the place of the message that it is under: platforms tell the group, and not always the topic. */
export function reactedTo(row: Received | null, outbox: Store['outbox']): Received | null {
  if (!row?.inbound.reaction || row.inbound.place.kind === 'direct') return row
  const { channel, place, reaction } = row.inbound
  const thread = outbox.find(channel, reaction.to)?.place.thread
  return thread === undefined ? row : { ...row, inbound: { ...row.inbound, place: { ...place, thread } } }
}

/** What a known person's reaction means. */
export function readReaction(
  row: Received,
  clearance: Clearance,
  { store, consent }: { readonly store: Pick<Store, 'outbox'>; readonly consent: ConsentOffice },
): ReactionMeaning {
  const { place, channel, reaction } = row.inbound
  const message = store.outbox.find(channel, reaction!.to)
  // Some platforms take the number of any message from whoever reacts.
  if (!message || message.place.id !== place.id)
    return { kind: 'nothing', reason: 'a reaction to a message of somebody else' }
  // Variation selectors and skin tones aside, it is the same sign.
  const sign = reaction!.emoji.replace(/[\ufe0f\u{1f3fb}-\u{1f3ff}]/gu, '')
  const question = /^approval:([A-Z0-9]+):/.exec(message.key)?.[1]
  const verdict = yes.includes(sign) ? 'approved' : no.includes(sign) ? 'denied' : null
  if (question !== undefined && verdict !== null && place.kind === 'direct') {
    try {
      return { kind: 'answer', text: consent.answer(question, verdict, clearance) }
    } catch (error) {
      return { kind: 'answer', text: messageOf(error) }
    }
  }
  // Who reads here now may be others than those it was written for.
  const shown = clearance.covers(message.labels) ? `: “${message.text.slice(0, 200)}”` : ' an earlier message'
  return { kind: 'note', text: `[reacted with ${reaction!.emoji} to${shown}]` }
}
