// When a message would not decrypt: asking for it again, and answering those who ask us.
import {
  type CiphertextMessageType,
  DecryptionErrorMessage,
  PlaintextContent,
} from '@signalapp/libsignal-client'
import { messageOf } from '../../src/errors.ts'
import { base64, bytes } from './bytes.ts'
import { type Client, connected } from './client.ts'
import { envelopeType } from './constants.ts'
import type { Opened, Undecryptable } from './decrypt.ts'
import { archiveSession } from './encrypt.ts'
import { type DeviceMessage, fetchKeys, putMessage } from './server.ts'
import { mayReceive } from './store/identity.ts'
import * as store from './store/outbound.ts'
import { transmit } from './transmit.ts'

/** One device may have one message so many times. */
const mostResends = 5

/** Asks the sender for a message again. Rejects when the server does not help. */
export async function requestResend(client: Client, lost: Undecryptable): Promise<void> {
  const content = errorContent(lost)
  if (!content) return
  const { auth } = connected(client)
  const answer = await fetchKeys(auth, lost.sender, '*')
  if (!answer) return
  const own = lost.sender === client.account.row.aci ? client.account.device : undefined
  const messages: DeviceMessage[] = answer.devices
    .filter(keys => keys.deviceId !== own)
    .map(keys => ({
      type: envelopeType.plaintext,
      destinationDeviceId: keys.deviceId,
      destinationRegistrationId: keys.registrationId,
      content,
    }))
  const result = await putMessage(auth, { destination: lost.sender, timestamp: Date.now(), messages })
  if (result.kind !== 'accepted')
    client.log.warn({ sender: lost.sender, result: result.kind }, 'asking for the message again did not work')
}

/** What names the lost message; undefined when it is too broken to be named. */
function errorContent(lost: Undecryptable): string | undefined {
  try {
    const { ciphertext, type, timestamp, device } = lost
    const error = DecryptionErrorMessage.forOriginal(
      ciphertext,
      type as CiphertextMessageType,
      timestamp,
      device,
    )
    return base64(PlaintextContent.from(error).serialize())
  } catch {
    return undefined
  }
}

/** Sends a message again to somebody whose device could not read it, under its first timestamp. */
export async function answerResendRequest(
  client: Client,
  opened: Opened,
  serialized: Uint8Array,
): Promise<void> {
  let error: DecryptionErrorMessage
  try {
    error = DecryptionErrorMessage.deserialize(bytes(serialized))
  } catch (cause) {
    client.log.warn(
      { sender: opened.sender, reason: messageOf(cause) },
      'a request to send again is malformed',
    )
    return
  }
  if (error.deviceId() !== client.account.device) return
  await renewSession(client, opened, error)
  const row = store.outboundAt(client.db, error.timestamp())
  const part = row && store.readParts(client.db, row.key).find(entry => entry.recipient === opened.sender)
  if (!row || row.content.length === 0 || part?.state !== 'sent' || part.resends >= mostResends) return
  if (!mayReceive(client.db, opened.sender, undefined)) return
  store.countResend(client.db, row.key, opened.sender)
  const letter = { recipient: opened.sender, timestamp: row.timestamp, content: row.content }
  const outcome = await transmit(client, letter)
  if (outcome.kind !== 'accepted')
    client.log.warn({ result: outcome.kind }, 'sending a message again did not work')
}

/** The session that made the unreadable message is put away, so that the next one starts from fresh keys. */
async function renewSession(client: Client, opened: Opened, error: DecryptionErrorMessage): Promise<void> {
  const ratchet = error.ratchetKey()
  if (!ratchet) return
  await client.units.run(unit =>
    archiveSession(unit, opened.sender, opened.device, session => session.currentRatchetKeyMatches(ratchet)),
  )
}
