// Keeps what arrived, in the commit that also holds the ratchet it was read with.
import type { Inbound } from '../../src/channel.ts'
import type { DataMessage } from './generated/signal_pb.ts'
import type { Db } from './store/database.ts'
import { noteUnverified } from './store/identity.ts'
import { keepInbound, noteHeard } from './store/inbound.ts'
import { readPerson, updatePerson } from './store/people.ts'
import type { Unit } from './store/unit.ts'

/** What an envelope led to, beside what was committed. */
export interface Arrival {
  /** Messages now waiting for the core. */
  readonly messages: readonly { readonly sender: string; readonly timestamp: number }[]
  /** What to do after the acknowledgement; may fail without harm. */
  readonly after: readonly { readonly what: string; readonly work: () => Promise<void> }[]
}

/** Keeps a message for the core, marked if its sender is not known to be themselves by the time of the commit. */
export function keep(unit: Unit, inbound: Inbound): void {
  unit.atCommit(db => {
    const unverified = readPerson(db, inbound.sender.id).unverified_since !== null
    noteHeard(db, inbound.sender.id, deviceIn(inbound.externalId), inbound.at)
    if (unverified) noteUnverified(db, inbound.sender.id, inbound.externalId)
    keepInbound(db, unverified ? { ...inbound, sender: { ...inbound.sender, unverified: true } } : inbound)
  })
}

/** The timer of a chat: of two versions the higher holds, and ours is then said with every message. */
export function keepTimer(db: Db, aci: string, data: DataMessage): void {
  const known = readPerson(db, aci)
  const { expireTimer = 0, expireTimerVersion = 0 } = data
  if (expireTimerVersion > 0 && expireTimerVersion < known.expire_version) return
  const version = Math.max(known.expire_version, expireTimerVersion)
  if (known.expire_timer === expireTimer && known.expire_version === version) return
  updatePerson(db, aci, { expire_timer: expireTimer, expire_version: version })
}

const deviceIn = (externalId: string): number => Number(externalId.split('.')[1])
