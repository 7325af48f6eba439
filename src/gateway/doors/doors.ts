// The doors to the outside: the channels, who is cleared at them, and all that leaves by them.
import type { Household } from '../../access/household.ts'
import type { Channel, Inbound } from '../../channel.ts'
import { openSender, type Sender } from '../../delivery/sender.ts'
import type { Log } from '../../log.ts'
import type { Store } from '../../store/store.ts'
import type { Tracer } from '../../trace/trace.ts'
import { type Live, openLive } from '../live.ts'
import type { Schedule } from '../schedule/schedule.ts'
import { type ChannelRunner, openChannels } from './channels.ts'
import { openDeliveries } from './deliveries.ts'
import { type Gatekeeper, openGatekeeper } from './gatekeeper.ts'
import { openPostOffice, type PostOffice } from './post-office.ts'
import { openTyping, type Typing } from './typing.ts'

export interface DoorsOptions {
  readonly store: Store
  readonly household: () => Household
  readonly directSessions: () => 'person' | 'channel'
  readonly schedule: () => Schedule
  /** Takes in what arrives. Resolves once it may be acknowledged. */
  readonly admit: (batch: readonly Inbound[]) => Promise<void>
  /** The state of a channel is another one. */
  readonly changed: (channel: Channel) => void
  readonly log: Log
  readonly tracer: Tracer
  readonly now: () => number
}

export interface Doors {
  readonly channels: ChannelRunner
  readonly channel: (name: string) => Channel | undefined
  readonly gatekeeper: Gatekeeper
  readonly live: Live
  readonly typing: Typing
  readonly sender: Sender
  readonly office: PostOffice
  /** Tells a person, by id; nobody, if there is none of it any more. */
  readonly tell: (person: string, text: string) => void
}

export function openDoors(options: DoorsOptions): Doors {
  const { store, household } = options
  const channels = openChannels(options)
  const { get: channel } = channels
  const gatekeeper = openGatekeeper(household, channel)
  const live = openLive()
  const typing = openTyping(channel)
  const sender = openSender({
    ...options,
    ...openDeliveries({ ...options, typing, office: () => office }),
    outbox: store.outbox,
    durable: store.durable,
    channel,
    reissue: gatekeeper.reissue,
  })
  const office: PostOffice = openPostOffice({ ...options, sender, live, channel })
  const tell = (person: string, text: string) => {
    const known = household().people.get(person)
    if (known) office.tell(known, text)
  }
  return { channels, channel, gatekeeper, live, typing, sender, office, tell }
}
