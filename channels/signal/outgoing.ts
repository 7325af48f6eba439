// From the core's outbound message to what is dispatched: whom it goes to, its timer, mentions, quote and files.
import type { Outbound, SendResult } from '../../src/channel.ts'
import { messageOf } from '../../src/errors.ts'
import type { Client } from './client.ts'
import { composeMessage, type MessageInit } from './compose.ts'
import { refreshRoom } from './groups.ts'
import { bytesOfUuid, isUuid } from './ids.ts'
import { withMentions } from './mentions.ts'
import { membershipOf, roomIdOf } from './rooms.ts'
import { dispatch, identityChanged } from './send.ts'
import { mayReceive } from './store/identity.ts'
import { readOutbound, sendLogMs } from './store/outbound.ts'
import { nameOf, readPerson } from './store/people.ts'
import { readRoom } from './store/rooms.ts'
import { uploadParts } from './upload.ts'

/** One attempt at sending. Does not throw for what the platform or the network did. */
export async function send(client: Client, outbound: Outbound, signal: AbortSignal): Promise<SendResult> {
  try {
    return outbound.place.kind === 'direct'
      ? await sendDirect(client, outbound, signal)
      : await sendToGroup(client, outbound, signal)
  } catch (cause) {
    return { kind: 'retry', reason: `Signal cannot be reached: ${messageOf(cause)}` }
  }
}

async function sendDirect(client: Client, outbound: Outbound, signal: AbortSignal): Promise<SendResult> {
  const to = outbound.place.id
  if (!isUuid(to)) return { kind: 'refused', reason: `${to} is not a Signal account` }
  if (!mayReceive(client.db, to, outbound.replyTo)) return { kind: 'refused', reason: identityChanged }
  const { expire_timer, expire_version } = readPerson(client.db, to)
  const message = await parts(client, outbound, outbound.text, signal)
  const fields = { ...message, expireTimer: expire_timer, expireTimerVersion: expire_version }
  return await dispatch(client, {
    key: outbound.key,
    recipients: [to],
    group: false,
    compose: timestamp => composeMessage(client, timestamp, fields, [to]),
    keepMs: keepMs(expire_timer),
  })
}

async function sendToGroup(client: Client, outbound: Outbound, signal: AbortSignal): Promise<SendResult> {
  const id = roomIdOf(outbound.place)
  const members = await othersIn(client, id)
  const room = readRoom(client.db, id)
  if (!room || members.length === 0)
    return { kind: 'retry', reason: 'the members of the group are not known' }
  const named = members.map(aci => ({ aci, name: nameOf(readPerson(client.db, aci)) }))
  const { body, bodyRanges } = withMentions(outbound.text, named)
  const message = await parts(client, outbound, body, signal)
  const quote = quoteOf(outbound.replyTo)
  const fields = {
    ...message,
    group: { masterKey: room.master_key, revision: room.revision ?? 0 },
    expireTimer: room.expire_timer,
    ...(bodyRanges.length > 0 ? { bodyRanges: [...bodyRanges] } : {}),
    ...(quote ? { quote } : {}),
  }
  return await dispatch(client, {
    key: outbound.key,
    recipients: members,
    group: true,
    compose: timestamp => composeMessage(client, timestamp, fields, members),
    keepMs: keepMs(room.expire_timer),
  })
}

/** Text and files, uploaded if this is the first attempt; later ones send what was stored. */
async function parts(
  client: Client,
  outbound: Outbound,
  body: string,
  signal: AbortSignal,
): Promise<MessageInit> {
  if (readOutbound(client.db, outbound.key)) return {}
  const uploaded = await uploadParts(client, body, outbound.attachments, signal)
  return uploaded.attachments.length > 0
    ? { ...uploaded, attachments: [...uploaded.attachments] }
    : { body: uploaded.body }
}

/** In a group an answer says which message it answers; phones find its text themselves. */
function quoteOf(replyTo: string | undefined) {
  const [author, , at] = replyTo?.split('.') ?? []
  if (!author || !isUuid(author) || !Number.isSafeInteger(Number(at))) return undefined
  return { id: BigInt(at ?? 0), authorAciBinary: bytesOfUuid(author), text: '' }
}

/** Sent text is kept for devices that ask again, but not beyond the chat's own timer. */
const keepMs = (timerSeconds: number): number =>
  timerSeconds > 0 ? Math.min(sendLogMs, timerSeconds * 1000) : sendLogMs

/** The accounts of a group but ours; none when they are not known for certain. */
export async function othersIn(client: Client, id: string): Promise<string[]> {
  const own = client.account.row.aci
  await refreshRoom(client, id).catch(() => undefined)
  const membership = membershipOf(client.db, id, own, Date.now())
  if (membership.kind !== 'list') return []
  return (JSON.parse(readRoom(client.db, id)?.members ?? '[]') as string[]).filter(aci => aci !== own)
}
