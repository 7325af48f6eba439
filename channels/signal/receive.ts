// What arrives: decrypted, kept and committed in one unit, acknowledged only then.
import { fromBinary } from '@bufbuild/protobuf'
import {
  ProtocolAddress,
  processSenderKeyDistributionMessage,
  SenderKeyDistributionMessage,
} from '@signalapp/libsignal-client'
import { isStorageFault, messageOf } from '../../src/errors.ts'
import { bytes } from './bytes.ts'
import type { Client } from './client.ts'
import { type Opened, openEnvelope, Undecryptable } from './decrypt.ts'
import { type DataMessage, type Envelope, EnvelopeSchema } from './generated/signal_pb.ts'
import { inboundOf } from './inbound.ts'
import { type Arrival, keep, keepTimer } from './keep.ts'
import { answerResendRequest, requestResend } from './resend.ts'
import { roomPlace, seenGroup } from './rooms.ts'
import { learnProfileKey, readPerson, updatePerson } from './store/people.ts'
import { storesOf } from './store/protocol.ts'
import type { Unit } from './store/unit.ts'
import { receiveSync } from './sync.ts'

const nothing: Arrival = { messages: [], after: [] }

/**
 * Takes in one envelope. When it resolves, all of it is committed and it may be acknowledged;
 * when it rejects, the disk or the connection failed and it may not: Signal sends it again.
 */
export async function receive(client: Client, raw: Uint8Array): Promise<Arrival> {
  let envelope: Envelope
  try {
    envelope = fromBinary(EnvelopeSchema, raw)
  } catch (cause) {
    client.log.warn({ reason: messageOf(cause) }, 'an envelope is malformed and was dropped')
    return nothing
  }
  try {
    return await client.units.runInBurst(async unit => {
      const result = await openEnvelope(client, unit, envelope)
      if (result.kind === 'opened') return await act(client, unit, result.opened)
      client.log.debug({ reason: result.reason }, 'an envelope was dropped')
      return nothing
    })
  } catch (cause) {
    if (isStorageFault(cause)) throw cause
    if (!(cause instanceof Undecryptable)) {
      // A message that we cannot take must not come back for ever.
      client.log.error({ reason: messageOf(cause) }, 'a message could not be understood and was dropped')
      return nothing
    }
    client.log.warn({ sender: cause.sender, reason: cause.message }, 'a message was not readable')
    // Whoever cannot be asked must not hold up what others wrote: unacknowledged, this would come back for ever.
    await requestResend(client, cause).catch(failed =>
      client.log.warn(
        { sender: cause.sender, reason: messageOf(failed) },
        'asking for the message again did not work',
      ),
    )
    return nothing
  }
}

async function act(client: Client, unit: Unit, opened: Opened): Promise<Arrival> {
  const { content, sender } = opened
  if (content.senderKeyDistribution.length > 0) await keepSenderKey(client, unit, opened)
  if (content.decryptionError.length > 0) {
    const error = content.decryptionError
    return {
      messages: [],
      after: [{ what: 'sending a message again', work: () => answerResendRequest(client, opened, error) }],
    }
  }
  if (content.sync)
    return sender === client.account.row.aci ? receiveSync(client, unit, opened, content.sync) : nothing
  if (content.data) return receiveData(client, unit, opened, content.data)
  if (content.edit?.data)
    return receiveData(client, unit, opened, content.edit.data, Number(content.edit.targetSentTimestamp))
  return nothing
}

/** Keeps a message to us, or to a group that we are in. */
function receiveData(client: Client, unit: Unit, opened: Opened, data: DataMessage, edits?: number): Arrival {
  const { sender, device, timestamp } = opened
  if (Number(data.timestamp) !== timestamp) return nothing
  const group = data.group ? seenGroup(unit, data.group) : undefined
  if (data.group && !group) return nothing
  unit.atCommit(db => {
    learnProfileKey(db, sender, data.profileKey)
    if (opened.own === 'pni') updatePerson(db, sender, { via_pni: 1 })
    else if (readPerson(db, sender).via_pni) updatePerson(db, sender, { via_pni: 0 })
    if (!group) keepTimer(db, sender, data)
  })
  const place = group
    ? roomPlace(client.db, group.id)
    : ({ channel: 'signal', kind: 'direct', id: sender } as const)
  const inbound = inboundOf(client, data, {
    sender,
    device,
    timestamp,
    place,
    ...(edits === undefined ? {} : { edits }),
  })
  if (!inbound || readPerson(client.db, sender).blocked) return nothing
  keep(unit, inbound)
  return { messages: [{ sender, timestamp }], after: [] }
}

async function keepSenderKey(client: Client, unit: Unit, opened: Opened): Promise<void> {
  try {
    const message = SenderKeyDistributionMessage.deserialize(bytes(opened.content.senderKeyDistribution))
    const { senderKeys } = storesOf(unit, client.account, 'aci')
    await processSenderKeyDistributionMessage(
      ProtocolAddress.new(opened.sender, opened.device),
      message,
      senderKeys,
    )
  } catch (cause) {
    client.log.warn({ sender: opened.sender, reason: messageOf(cause) }, 'a sender key was malformed')
  }
}
