// From the core's outbound message to what is dispatched: whom it goes to, its timer, mentions, quote and files.
import type { Outbound, Place, SendResult } from '../../src/channel.ts'
import { CoopError, messageOf } from '../../src/errors.ts'
import { bounded } from './bounded.ts'
import type { Client } from './client.ts'
import { composeMessage, type MessageInit } from './compose.ts'
import { type Body, format } from './format.ts'
import { refreshRoom, rereadRoom } from './groups.ts'
import { bytesOfUuid, isUuid } from './ids.ts'
import { membershipOf, roomIdOf } from './rooms.ts'
import { dispatch, identityChanged } from './send.ts'
import { mayReceive } from './store/identity.ts'
import { readOutbound, sendLogMs } from './store/outbound.ts'
import { nameOf, readPerson } from './store/people.ts'
import { readRoom } from './store/rooms.ts'
import { uploadParts } from './upload.ts'

/** How long a text for a group waits for the group server. */
const rereadMs = 20_000

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

/** Puts our reaction under a message. Throws when it cannot be sent. */
export const react = (client: Client, place: Place, externalId: string, emoji: string): Promise<void> => {
  const { author, timestamp } = namedBy(externalId)
  const reaction = {
    emoji,
    targetAuthorAciBinary: bytesOfUuid(author),
    targetSentTimestamp: BigInt(timestamp),
  }
  return sendAbout(client, place, `react:${externalId}:${emoji}`, { reaction })
}

/** Takes back a message of ours. Throws when it cannot be sent. */
export const withdraw = (client: Client, place: Place, externalId: string): Promise<void> => {
  const { timestamp } = namedBy(externalId)
  return sendAbout(client, place, `withdraw:${externalId}`, {
    delete: { targetSentTimestamp: BigInt(timestamp) },
  })
}

async function sendAbout(client: Client, place: Place, key: string, fields: MessageInit): Promise<void> {
  const group = place.kind === 'group'
  const recipients = group ? await othersIn(client, roomIdOf(place)) : [place.id]
  const room = group ? readRoom(client.db, roomIdOf(place)) : undefined
  const { expire_timer, expire_version } = readPerson(client.db, place.id)
  const context = room
    ? { group: { masterKey: room.master_key, revision: room.revision ?? 0 }, expireTimer: room.expire_timer }
    : { expireTimer: expire_timer, expireTimerVersion: expire_version }
  const result = await dispatch(client, {
    key,
    recipients,
    group,
    compose: timestamp => composeMessage(client, timestamp, { ...fields, ...context }, recipients),
  })
  if (result.kind !== 'sent') throw new CoopError('channel_failed', result.reason)
}

function namedBy(externalId: string): { author: string; timestamp: number } {
  const [author = '', , at] = externalId.split('.')
  const timestamp = Number(at)
  if (!isUuid(author) || !Number.isSafeInteger(timestamp))
    throw new CoopError('not_found', 'There is no such message.')
  return { author, timestamp }
}

async function sendDirect(client: Client, outbound: Outbound, signal: AbortSignal): Promise<SendResult> {
  const to = outbound.place.id
  if (!isUuid(to)) return { kind: 'refused', reason: `${to} is not a Signal account` }
  if (!mayReceive(client.db, to, outbound.answers)) return { kind: 'refused', reason: identityChanged }
  const { expire_timer, expire_version } = readPerson(client.db, to)
  const body = format(outbound.text)
  const message = await parts(client, outbound, body, signal)
  const fields = { ...message, expireTimer: expire_timer, expireTimerVersion: expire_version }
  const result = await dispatch(client, {
    key: outbound.key,
    recipients: [to],
    group: false,
    compose: timestamp => composeMessage(client, timestamp, fields, [to]),
    keepMs: keepMs(expire_timer),
  })
  return fleeting(result, expire_timer)
}

async function sendToGroup(client: Client, outbound: Outbound, signal: AbortSignal): Promise<SendResult> {
  const id = roomIdOf(outbound.place)
  // Whom the text is for was decided by the members that were known then: who came since gets none of it,
  // and who went meanwhile neither, though nobody told us.
  const meant = othersKnown(client, id)
  if (meant.length > 0 && !(await isReadAnew(client, id, signal)))
    return { kind: 'retry', reason: 'the group cannot be read' }
  const still = new Set(othersKnown(client, id))
  const members = meant.filter(aci => still.has(aci))
  const room = readRoom(client.db, id)
  if (!room || members.length === 0) {
    client.aside('reading a group', () => refreshRoom(client, id))
    return { kind: 'retry', reason: 'the members of the group are not known' }
  }
  const named = members.map(aci => ({ aci, name: nameOf(readPerson(client.db, aci)) }))
  const body = format(outbound.text, named)
  const message = await parts(client, outbound, body, signal)
  const quote = quoteOf(outbound.replyTo)
  const fields = {
    ...message,
    group: { masterKey: room.master_key, revision: room.revision ?? 0 },
    expireTimer: room.expire_timer,
    ...(quote ? { quote } : {}),
  }
  const result = await dispatch(client, {
    key: outbound.key,
    recipients: members,
    group: true,
    compose: timestamp => composeMessage(client, timestamp, fields, members),
    keepMs: keepMs(room.expire_timer),
  })
  return fleeting(result, room.expire_timer)
}

async function isReadAnew(client: Client, id: string, signal: AbortSignal): Promise<boolean> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(rereadMs)])
  return (
    (await bounded(
      rereadRoom(client, id).then(() => true),
      limit,
    ).catch(() => false)) ?? false
  )
}

/** Text and files, uploaded if this is the first attempt; later ones send what was stored. */
async function parts(
  client: Client,
  outbound: Outbound,
  { text, ranges }: Body,
  signal: AbortSignal,
): Promise<MessageInit> {
  if (readOutbound(client.db, outbound.key)) return {}
  const { body, attachments } = await uploadParts(client, text, outbound.attachments, signal)
  return {
    body,
    ...(attachments.length > 0 ? { attachments: [...attachments] } : {}),
    ...(ranges.length > 0 ? { bodyRanges: [...ranges] } : {}),
  }
}

/** In a group an answer says which message it answers; phones find its text themselves. */
function quoteOf(replyTo: string | undefined) {
  const [author, , at] = replyTo?.split('.') ?? []
  if (!author || !isUuid(author) || !Number.isSafeInteger(Number(at))) return undefined
  return { id: BigInt(at ?? 0), authorAciBinary: bytesOfUuid(author), text: '' }
}

/** Says with what was sent when its chat forgets it. */
const fleeting = (result: SendResult, timerSeconds: number): SendResult =>
  result.kind === 'sent' && timerSeconds > 0 ? { ...result, expiresMs: timerSeconds * 1000 } : result

/** Sent text is kept for devices that ask again, but not beyond the chat's own timer. */
const keepMs = (timerSeconds: number): number =>
  timerSeconds > 0 ? Math.min(sendLogMs, timerSeconds * 1000) : sendLogMs

/** The accounts of a group but ours, read anew if need be; none when they are not known for certain. */
export async function othersIn(client: Client, id: string): Promise<string[]> {
  await refreshRoom(client, id).catch(() => undefined)
  return othersKnown(client, id)
}

function othersKnown({ db, account }: Client, id: string): string[] {
  const own = account.row.aci
  if (membershipOf(db, id, own, Date.now()).kind !== 'list') return []
  return (JSON.parse(readRoom(db, id)?.members ?? '[]') as string[]).filter(aci => aci !== own)
}
