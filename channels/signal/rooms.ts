// Groups as places: their id comes from the master key that members share with every message.
import { GroupMasterKey, GroupSecretParams } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import type { Membership, Place } from '../../src/channel.ts'
import { bytes, hex } from './bytes.ts'
import type { GroupContext } from './generated/signal_pb.ts'
import type { Db } from './store/database.ts'
import { isUnverified } from './store/identity.ts'
import { noteRoom, readRoom } from './store/rooms.ts'
import type { Unit } from './store/unit.ts'

/** The secrets and the id behind a master key; undefined when it is none. */
export function groupOf(masterKey: Uint8Array): { id: string; params: GroupSecretParams } | undefined {
  if (masterKey.length !== GroupMasterKey.SIZE) return undefined
  const params = GroupSecretParams.deriveFromMasterKey(new GroupMasterKey(bytes(masterKey)))
  return { id: hex(params.getPublicParams().getGroupIdentifier().serialize()), params }
}

/** Notes that a group exists and how new it is by what a message says. */
export function seenGroup(unit: Unit, context: GroupContext): { readonly id: string } | undefined {
  const group = groupOf(context.masterKey)
  if (!group) return undefined
  unit.atCommit(db => noteRoom(db, group.id, context.masterKey, context.revision ?? 0))
  return { id: group.id }
}

export function roomPlace(db: Db, id: string): Place {
  const title = readRoom(db, id)?.title
  return { channel: 'signal', kind: 'group', id: `group:${id}`, ...(title ? { title } : {}) }
}

/** The hex id in a place of ours. */
export const roomIdOf = (place: Place): string => place.id.replace(/^group:/, '')

/** How long a member list counts as current when nothing newer was mentioned. */
const freshMs = 24 * 3600_000

/** Who is in the group by what we hold; unknown as soon as it could be out of date. */
export function membershipOf(db: Db, id: string, own: string, now: number): Membership {
  const room = readRoom(db, id)
  if (!room?.members || room.revision === null || room.fetched_at === null)
    return { kind: 'unknown', reason: 'the group was not read yet' }
  if (room.seen_revision > room.revision)
    return { kind: 'unknown', reason: 'the group changed and was not read again yet' }
  if (now - room.fetched_at > freshMs) return { kind: 'unknown', reason: 'the group was not read for a day' }
  const members = JSON.parse(room.members) as string[]
  if (!members.includes(own)) return { kind: 'unknown', reason: 'this account is not in the group' }
  // An unverified member is still in the group, but counts as nobody that we know.
  const named = members
    .filter(aci => aci !== own)
    .map(aci => (isUnverified(db, aci) ? `${aci}:unverified` : aci))
  return { kind: 'list', ids: named }
}
