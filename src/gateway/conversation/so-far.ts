// What is said at a tool step: out at once, where a channel wants it.
import type { Channel, Place } from '../../channel.ts'
import { inLanes, partsOf } from '../../delivery/parts.ts'
import { seal } from '../../delivery/seal.ts'
import type { Sender } from '../../delivery/sender.ts'
import type { Desk } from '../../desk/desk.ts'
import type { Received } from '../../store/inbox.ts'
import type { Store } from '../../store/store.ts'
import type { Turn } from '../../store/turns.ts'
import { answered } from './reply-to.ts'

export interface SoFarOptions {
  readonly store: Store
  readonly sender: Sender
  readonly channel: (name: string) => Channel | undefined
  readonly now: () => number
}

export function openSoFar({ store, sender, now, ...options }: SoFarOptions) {
  return function saySoFar(
    turn: Turn,
    desk: Desk,
    text: string,
    place: Place,
    rows: readonly Received[],
  ): void {
    const { clearance } = desk
    const channel = options.channel(place.channel)
    if (!channel?.capabilities.steps) return
    const step = desk.history().filter(entry => entry.turn === turn.id && entry.role === 'assistant').length
    const facts = { key: `${turn.id}:step:${step}`, turn: null, trace: turn.trace }
    const parts =
      partsOf(seal(text, clearance), { place, clearance, channel, ...answered(place, rows) }, facts) ?? []
    const posting = { place: null, entries: [], parts: inLanes(parts, sender.idle) }
    sender.take(store.post(posting, now()).rows)
  }
}
