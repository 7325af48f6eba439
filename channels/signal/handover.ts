// The last look at messages before the core gets them: names, group titles, long texts, and who may speak where.
import type { Inbound } from '../../src/channel.ts'
import { messageOf } from '../../src/errors.ts'
import { type BlobHandle, fetchHandle } from './attachments.ts'
import { bounded } from './bounded.ts'
import { text } from './bytes.ts'
import type { Client } from './client.ts'
import { refreshRoom } from './groups.ts'
import { safeName } from './names.ts'
import { refreshName } from './profiles.ts'
import { membershipOf, roomIdOf, roomPlace } from './rooms.ts'
import { nameOf, readPerson } from './store/people.ts'
import { type Room, readRoom } from './store/rooms.ts'
import { longTextType } from './upload.ts'

/** How long a batch waits for what has to be looked up. */
const lookUpMs = 3_000
const longestText = 1024 * 1024

/** Adds names, and drops what a group's members did not write. */
export async function readied(client: Client, batch: readonly Inbound[]): Promise<Inbound[]> {
  const senders = new Set(batch.map(inbound => inbound.sender.id))
  const rooms = new Set(
    batch.filter(inbound => inbound.place.kind === 'group').map(inbound => roomIdOf(inbound.place)),
  )
  // A group's state holds its members' profile keys, so names come after.
  const lookUps = async () => {
    await Promise.allSettled([...rooms].map(id => refreshRoom(client, id)))
    await Promise.allSettled([...senders].map(aci => refreshName(client, aci, Date.now())))
  }
  if (client.chats()) await bounded(lookUps(), AbortSignal.timeout(lookUpMs))
  const whole = await Promise.all(batch.map(inbound => withLongText(client, inbound)))
  return whole.flatMap(inbound => {
    const { sender, place } = inbound
    const room = place.kind === 'group' ? readRoom(client.db, roomIdOf(place)) : undefined
    if (room?.blocked) return []
    // Only a list that is current can say so: who just joined is in no older one.
    if (room && currentlyWithout(client, room, sender.id)) {
      client.log.warn(
        { sender: sender.id, group: room.id },
        'somebody wrote to a group that they are not in; it was dropped',
      )
      return []
    }
    const name = safeName(nameOf(readPerson(client.db, sender.id)))
    return [{ ...inbound, sender: { ...sender, name }, place: room ? roomPlace(client.db, room.id) : place }]
  })
}

function currentlyWithout({ db, account }: Client, { id, members }: Room, aci: string): boolean {
  if (membershipOf(db, id, account.row.aci, Date.now()).kind !== 'list') return false
  return !(JSON.parse(members ?? '[]') as string[]).includes(aci)
}

/** A text too long for its message comes as an attachment; if it cannot be had, its beginning stays. */
async function withLongText(client: Client, inbound: Inbound): Promise<Inbound> {
  const rest = inbound.attachments?.find(attachment => attachment.mime === longTextType)
  if (!rest) return inbound
  try {
    const { attachments = [], ...message } = inbound
    const others = attachments.filter(attachment => attachment !== rest)
    const whole = text(
      await fetchHandle(
        client,
        JSON.parse(rest.handle) as BlobHandle,
        longestText,
        AbortSignal.timeout(lookUpMs),
      ),
    )
    return { ...message, text: whole, ...(others.length > 0 ? { attachments: others } : {}) }
  } catch (cause) {
    client.log.warn({ reason: messageOf(cause) }, 'the rest of a long message cannot be had')
    return inbound
  }
}
