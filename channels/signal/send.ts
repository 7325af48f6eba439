// Sends a message so that a crash neither loses nor doubles it: fixed timestamp and bytes, committed before they leave.

import type { SendResult } from '../../src/channel.ts'
import { CoopError, isStorageFault, messageOf } from '../../src/errors.ts'
import { type Client, NotConnected } from './client.ts'
import { composeTranscript, dataOf } from './compose.ts'
import type { SessionsResult } from './encrypt.ts'
import { proofWanted } from './proof.ts'
import { sideBySide } from './side-by-side.ts'
import type { Db } from './store/database.ts'
import * as store from './store/outbound.ts'
import { certificateFor, ensureSessions, type Outcome, type Packet, packetFor, transmit } from './transmit.ts'

export interface Dispatch {
  /** The same at every attempt; names the message for ever. */
  readonly key: string
  /** Accounts. Our own alone: a note to self, that only our other devices get. */
  readonly recipients: readonly string[]
  /** Whether one person, or a group, is written to; a group is sent when every member was tried. */
  readonly group: boolean
  readonly compose: (timestamp: number) => Uint8Array
  readonly keepMs?: number
}

/** A repeat that the server fails this often counts as delivered: the first try got there. */
const doubtfulTries = 3
/** How often it is looked whether a person has answered what Signal asks. */
const proofMs = 600_000
/** Copies that go out at the same time. */
const width = 8

/** One attempt at all that is not out yet. Never throws for what the network, the server or the disk did. */
export async function dispatch(client: Client, message: Dispatch): Promise<SendResult> {
  try {
    const fresh = store.readOutbound(client.db, message.key) === undefined
    if (fresh) {
      const refused = await prepare(client, message)
      if (refused) return refused
    } else {
      // What refused to reach the disk at the first attempt must not leave at the second.
      await client.units.flushed()
    }
    const row = store.readOutbound(client.db, message.key)
    if (!row) throw new Error('the message was not stored')
    if (row.sent_at === null) {
      // A note to self is nothing but the copy for our other devices.
      const toSelf = message.recipients.every(recipient => recipient === client.account.row.aci)
      const copied = toSelf ? await sendTranscript(client, row.key) : undefined
      if (copied && copied.kind !== 'accepted') return problemOf(copied)
      const result = await sendParts(client, message, row, fresh)
      if (result) return result
      if (!toSelf) client.aside('the copy for our other devices', () => sendTranscript(client, row.key))
    }
    return { kind: 'sent', externalId: `${client.account.row.aci}.${client.account.device}.${row.timestamp}` }
  } catch (cause) {
    if (isStorageFault(cause)) return { kind: 'retry', reason: 'the disk is full or read-only' }
    if (cause instanceof CoopError) return { kind: 'refused', reason: cause.message }
    return {
      kind: 'retry',
      reason: cause instanceof NotConnected ? cause.message : `Signal cannot be reached: ${messageOf(cause)}`,
    }
  }
}

/** Encrypts for everybody and commits it all. The copy for our other devices is noted, and made when the message is out. */
async function prepare(client: Client, message: Dispatch): Promise<SendResult | undefined> {
  const own = client.account.row.aci
  const others = message.recipients.filter(recipient => recipient !== own)
  const gone = new Map<string, SessionsResult['kind']>()
  await sideBySide(others, width, async recipient => {
    const sessions = await ensureSessions(client, recipient)
    if (sessions.kind !== 'ready') gone.set(recipient, sessions.kind)
  })
  const [only] = others
  if (!message.group && only !== undefined && gone.has(only)) return refusal(gone.get(only) ?? 'unregistered')
  const reachable = others.filter(recipient => !gone.has(recipient))
  const certificates = new Map<string, Awaited<ReturnType<typeof certificateFor>>>()
  for (const recipient of reachable) certificates.set(recipient, await certificateFor(client, recipient))
  await client.units.run(async unit => {
    const timestamp = store.nextTimestamp(client.db, Date.now())
    const content = message.compose(timestamp)
    const packets: (Packet & { readonly recipient: string })[] = []
    for (const recipient of reachable) {
      packets.push({
        recipient,
        ...(await packetFor(unit, client, recipient, content, certificates.get(recipient))),
      })
    }
    unit.atCommit(db => {
      store.addOutbound(db, message.key, timestamp, content, message.keepMs ?? store.sendLogMs)
      for (const packet of packets)
        store.putPart(db, message.key, packet.recipient, packet.sealed, packet.messages)
      store.putPart(db, message.key, own, false, [])
    })
  })
  return undefined
}

/** Sends what is open, to a few at a time, and marks in one commit what is done. Undefined when nothing is left. */
async function sendParts(
  client: Client,
  message: Dispatch,
  row: store.OutboundRow,
  fresh: boolean,
): Promise<SendResult | undefined> {
  const { db } = client
  const own = client.account.row.aci
  const open = store.readParts(db, row.key).filter(part => part.recipient !== own && part.state === 'ready')
  const ended: { readonly recipient: string; readonly as: 'sent' | 'gone' }[] = []
  const meant = new Set(message.recipients)
  const problems: SendResult[] = []
  try {
    await sideBySide(open, width, async part => {
      // Who left since the bytes were made gets them no more.
      if (!meant.has(part.recipient)) return void ended.push({ recipient: part.recipient, as: 'gone' })
      const result = await sendPart(client, message, row, part, !fresh)
      if (typeof result === 'string') ended.push({ recipient: part.recipient, as: result })
      else problems.push(result)
    })
  } finally {
    db.transaction(() => {
      for (const { recipient, as } of ended) store.endPart(db, row.key, recipient, as)
      if (ended.length === open.length) store.markSent(db, row.key, Date.now())
    }).immediate()
  }
  return problems.find(problem => problem.kind === 'retry') ?? problems[0]
}

/** How a part ended, or why it did not. In a group nobody's trouble keeps the message from the others. */
async function sendPart(
  client: Client,
  message: Dispatch,
  row: store.OutboundRow,
  part: store.PartRow,
  repeat: boolean,
): Promise<'sent' | 'gone' | SendResult> {
  const { recipient } = part
  const letter = {
    recipient,
    timestamp: row.timestamp,
    content: row.content,
    onEncrypted: (db: Db, packet: Packet) =>
      store.putPart(db, row.key, recipient, packet.sealed, packet.messages),
  }
  const outcome = await transmit(client, letter, part.messages.length > 0 ? part : undefined)
  const refused = (result: SendResult): 'gone' | SendResult => {
    if (!message.group) return result
    client.log.warn({ recipient, why: outcome.kind }, 'a member of the group was left out')
    return 'gone'
  }
  switch (outcome.kind) {
    case 'accepted':
      return 'sent'
    case 'unregistered':
    case 'changed':
      return refused(refusal(outcome.kind))
    case 'failed':
      if (outcome.status < 500) {
        return refused({
          kind: 'refused',
          reason: `the Signal server refused the message (${outcome.status})`,
        })
      }
      store.countAttempt(client.db, row.key, recipient)
      if (!repeat || part.attempts + 1 < doubtfulTries) return waiting(outcome)
      client.log.warn({ recipient }, 'the server fails a repeated message; it was probably delivered before')
      return 'sent'
    default:
      return waiting(outcome)
  }
}

/** Sends the copy for our other devices; what is open from before a restart, too. */
async function sendTranscript(client: Client, key: string): Promise<Outcome | undefined> {
  client.copying.add(key)
  return await copyOut(client, key).finally(() => client.copying.delete(key))
}

async function copyOut(client: Client, key: string): Promise<Outcome | undefined> {
  const own = client.account.row.aci
  const row = store.readOutbound(client.db, key)
  const part = store.readParts(client.db, key).find(entry => entry.recipient === own)
  if (!row || part?.state !== 'ready') return undefined
  if (row.content.length === 0) return void store.endPart(client.db, key, own, 'gone')
  const others = store.readParts(client.db, key).filter(entry => entry.recipient !== own)
  const group = dataOf(row.content)?.group !== undefined
  const destination = group ? undefined : (others[0]?.recipient ?? own)
  const outcome = await transmit(
    client,
    {
      recipient: own,
      timestamp: row.timestamp,
      content: composeTranscript(row.content, row.timestamp, destination, others),
      onEncrypted: (db, packet) => store.putPart(db, key, own, false, packet.messages),
    },
    part.messages.length > 0 ? part : undefined,
  )
  if (outcome.kind === 'accepted') store.endPart(client.db, key, own, 'sent')
  else if (outcome.kind === 'unregistered' || outcome.kind === 'changed')
    store.endPart(client.db, key, own, 'gone')
  return outcome
}

/** Copies for our other devices that a crash or a broken connection left behind. */
export async function sendOpenTranscripts(client: Client): Promise<void> {
  const keys = store.openParts(client.db, client.account.row.aci)
  for (const key of keys) if (!client.copying.has(key)) await sendTranscript(client, key)
}

const refusal = (why: string): SendResult => ({
  kind: 'refused',
  reason: why === 'changed' ? identityChanged : 'the account is no longer on Signal',
})

export const identityChanged =
  'the safety number of this person changed, and nothing but answers goes to them until the owner confirms that it is them'

const problemOf = (outcome: Exclude<Outcome, { kind: 'accepted' }>): SendResult =>
  outcome.kind === 'unregistered' || outcome.kind === 'changed' ? refusal(outcome.kind) : waiting(outcome)

function waiting(outcome: Exclude<Outcome, { kind: 'accepted' | 'unregistered' | 'changed' }>): SendResult {
  switch (outcome.kind) {
    case 'challenge':
      return {
        kind: 'retry',
        reason: proofWanted,
        // The server counts from the question; the answer given on the phone we see by trying.
        afterMs: Math.min(outcome.afterMs ?? proofMs, proofMs),
      }
    case 'limited':
      return { kind: 'retry', reason: 'Signal asks to send more slowly', afterMs: outcome.afterMs ?? 60_000 }
    case 'failed':
      return { kind: 'retry', reason: `the Signal server failed (${outcome.status})` }
    case 'unsettled':
      return { kind: 'retry', reason: 'the recipient’s devices are changing' }
  }
}
