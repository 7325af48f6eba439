// What becomes of each part once it is out, or will never be: who waited for it is told.
import type { Household } from '../../access/household.ts'
import type { Place } from '../../channel.ts'
import type { SenderOptions } from '../../delivery/sender.ts'
import type { Store } from '../../store/store.ts'
import type { Schedule } from '../schedule/schedule.ts'
import { isNotice, type PostOffice } from './post-office.ts'
import type { Typing } from './typing.ts'

export interface DeliveryOptions {
  readonly store: Store
  readonly typing: Typing
  readonly household: () => Household
  readonly schedule: () => Schedule
  readonly office: () => PostOffice
}

export function openDeliveries(options: DeliveryOptions): Pick<SenderOptions, 'delivered' | 'undelivered'> {
  const { store, typing, household } = options

  const nameAt = ({ channel, id }: Place): string | undefined =>
    household().people.get(household().byMatch.get(`${channel}:${id}`) ?? '')?.name

  return {
    delivered(row) {
      if (row.outbound.attachments) return store.outbox.dropFiles(row.id)
      if (row.turn === null) return
      typing.stop(row.turn)
      options.schedule().delivered(row.turn)
    },
    undelivered(row, reason) {
      const { place, key, attachments } = row.outbound
      if (row.turn !== null && !attachments) {
        typing.stop(row.turn)
        options.schedule().undelivered(row.turn, reason)
      }
      // A notice that nobody got must not lead to another.
      if (isNotice(key)) return
      const whom = place.kind === 'direct' ? nameAt(place) : undefined
      options
        .office()
        .tellOwners(
          `A ${attachments ? 'file' : 'reply'} on ${place.channel} to ${whom ?? place.title ?? place.id} could not be delivered: ${reason}`,
        )
    },
  }
}
