// Gets one message to one recipient: encrypt, commit, put, and again until the server agrees on the devices.
import { SenderCertificate } from '@signalapp/libsignal-client'
import { ProfileKey } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { base64, bytes, fromBase64 } from './bytes.ts'
import { type Client, connected } from './client.ts'
import { correctDevices, encryptTo, makeSessions, reachableSessions, type SessionsResult } from './encrypt.ts'
import { pad } from './padding.ts'
import { type DeviceMessage, fetchSenderCertificate, type PutResult, putMessage } from './server.ts'
import { getSetting, putSetting } from './store/account.ts'
import type { Db } from './store/database.ts'
import { readPerson, updatePerson } from './store/people.ts'

export interface Letter {
  readonly recipient: string
  readonly timestamp: number
  /** A serialized `Content`. */
  readonly content: Uint8Array
  /** Only for devices that are connected now. */
  readonly online?: boolean
  /** Runs in the commit that holds the sessions these bytes were made from. */
  readonly onEncrypted?: (db: Db, packet: Packet) => void
}

/** The bytes for every device of a recipient. */
export interface Packet {
  readonly sealed: boolean
  readonly messages: readonly DeviceMessage[]
}

export type Outcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'unregistered' }
  | { readonly kind: 'changed' }
  | Extract<PutResult, { kind: 'challenge' | 'limited' | 'failed' }>
  /** The recipient's devices changed faster than we could follow. */
  | { readonly kind: 'unsettled' }

const rounds = 5

/**
 * Sends `letter`; `ready` holds bytes that were committed before. Rejects when the connection
 * breaks: then nobody knows whether the server has it.
 */
export async function transmit(client: Client, letter: Letter, ready?: Packet): Promise<Outcome> {
  let packet = ready
  for (let round = 0; round < rounds; round += 1) {
    if (!packet) {
      const sessions = await ensureSessions(client, letter.recipient)
      if (sessions.kind !== 'ready') return sessions
      const certificate = await certificateFor(client, letter.recipient)
      packet = await client.units.run(async unit => {
        const made = await packetFor(unit, client, letter.recipient, letter.content, certificate)
        if (letter.onEncrypted) unit.atCommit(db => letter.onEncrypted?.(db, made))
        return made
      })
    }
    const result = await put(client, letter, packet)
    if (result.kind === 'challenge' || result.kind === 'accepted')
      client.proof.note(letter.recipient, result.kind === 'challenge')
    switch (result.kind) {
      case 'devices': {
        const corrected = await correctDevices(client, letter.recipient, result)
        if (corrected.kind === 'changed') return corrected
        break
      }
      case 'unauthorized':
        if (!packet.sealed) return { kind: 'failed', status: 401 }
        updatePerson(client.db, letter.recipient, { sealed: 0 })
        break
      default:
        return result
    }
    packet = undefined
  }
  return { kind: 'unsettled' }
}

export async function packetFor(
  unit: Parameters<typeof encryptTo>[0],
  client: Client,
  recipient: string,
  content: Uint8Array,
  certificate: SenderCertificate | undefined,
): Promise<Packet> {
  const messages = await encryptTo(unit, client, recipient, pad(content), certificate)
  return { sealed: certificate !== undefined, messages }
}

async function put(client: Client, letter: Letter, packet: Packet): Promise<PutResult> {
  const { auth, unauth } = connected(client)
  const { recipient: destination, timestamp, online = false } = letter
  const message = { destination, timestamp, online, messages: packet.messages }
  if (!packet.sealed) return await putMessage(auth, message)
  const key = accessKeyOf(client.db, destination)
  return key ? await putMessage(unauth, message, key) : { kind: 'unauthorized' }
}

/** Sessions with at least one device, fetched if there is none. Our own account may have no other device. */
export async function ensureSessions(client: Client, recipient: string): Promise<SessionsResult> {
  const known = await client.units.run(unit => reachableSessions(unit, client, recipient).size)
  if (known > 0) return { kind: 'ready' }
  return await makeSessions(client, recipient, '*')
}

/** The certificate to seal with, or none when this person is to be written to openly. */
export async function certificateFor(
  client: Client,
  recipient: string,
): Promise<SenderCertificate | undefined> {
  if (recipient === client.account.row.aci || !accessKeyOf(client.db, recipient)) return undefined
  const kept = getSetting(client.db, 'sender_certificate')
  if (kept) {
    const certificate = SenderCertificate.deserialize(fromBase64(kept))
    if (certificate.expiration() - Date.now() > 3600_000) return certificate
  }
  const fetched = await fetchSenderCertificate(connected(client).auth)
  putSetting(client.db, 'sender_certificate', base64(fetched))
  return SenderCertificate.deserialize(fetched)
}

/** What the server wants to see in place of our name; known to those who have the profile key. */
function accessKeyOf(db: Db, aci: string): Uint8Array | undefined {
  const { profile_key, sealed } = readPerson(db, aci)
  return profile_key && sealed ? new ProfileKey(bytes(profile_key)).deriveAccessKey() : undefined
}
