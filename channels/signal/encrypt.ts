// For each device of a recipient its own bytes; sessions are made from prekeys where there are none.
import {
  ErrorCode,
  KEMPublicKey,
  LibSignalErrorBase,
  PreKeyBundle,
  ProtocolAddress,
  PublicKey,
  processPreKeyBundle,
  type SenderCertificate,
  SessionRecord,
  sealedSenderEncryptMessage,
  signalEncrypt,
} from '@signalapp/libsignal-client'
import { base64, fromBase64 } from './bytes.ts'
import { type Client, connected } from './client.ts'
import { envelopeType } from './constants.ts'
import { type DeviceKeys, type DeviceMessage, fetchKeys } from './server.ts'
import { recordIdentity } from './store/identity.ts'
import { sessionKey, storesOf } from './store/protocol.ts'
import type { Unit } from './store/unit.ts'

/** Sessions with the devices of an account that we can encrypt to now; our own device is none of them. */
export function reachableSessions(unit: Unit, client: Client, aci: string): Map<number, SessionRecord> {
  const prefix = sessionKey('aci', aci, 0).slice(0, -1)
  const now = new Date()
  const sessions = unit.keys('session', prefix).map(key => {
    const device = Number(key.slice(prefix.length))
    return [device, SessionRecord.deserialize(unit.get('session', key)!)] as const
  })
  const isOurs = (device: number) => aci === client.account.row.aci && device === client.account.device
  return new Map(sessions.filter(([device, session]) => !isOurs(device) && session.hasCurrentState(now)))
}

/**
 * Encrypts for every device we have a session with. A device whose identity key is no longer
 * the one we know is left out: the server will name it as missing, and its new key is looked at then.
 */
export async function encryptTo(
  unit: Unit,
  client: Client,
  aci: string,
  padded: Uint8Array<ArrayBuffer>,
  certificate: SenderCertificate | undefined,
): Promise<DeviceMessage[]> {
  const stores = storesOf(unit, client.account, 'aci')
  const local = ProtocolAddress.new(client.account.aci, client.account.device)
  const messages: DeviceMessage[] = []
  for (const [device, session] of reachableSessions(unit, client, aci)) {
    const to = ProtocolAddress.new(aci, device)
    const head = { destinationDeviceId: device, destinationRegistrationId: session.remoteRegistrationId() }
    try {
      if (certificate) {
        const sealed = await sealedSenderEncryptMessage(
          padded,
          to,
          certificate,
          stores.sessions,
          stores.identities,
        )
        messages.push({ type: envelopeType.sealed, ...head, content: base64(sealed) })
      } else {
        const plain = await signalEncrypt(padded, to, local, stores.sessions, stores.identities)
        const type = plain.type() === 3 ? envelopeType.prekey : envelopeType.ratchet
        messages.push({ type, ...head, content: base64(plain.serialize()) })
      }
    } catch (cause) {
      if (!LibSignalErrorBase.is(cause, ErrorCode.UntrustedIdentity)) throw cause
      archiveSession(unit, aci, device)
    }
  }
  return messages
}

export type SessionsResult =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unregistered' }
  /** Their identity key is another one than before; it is kept and marked, and nothing was encrypted to it. */
  | { readonly kind: 'changed' }

/** Fetches prekeys and makes sessions: with all devices of an account, or with those named. */
export async function makeSessions(
  client: Client,
  aci: string,
  devices: readonly number[] | '*',
): Promise<SessionsResult> {
  const { auth } = connected(client)
  const wanted = devices === '*' ? (['*'] as const) : devices
  let changed = false
  let found = false
  for (const device of wanted) {
    const answer = await fetchKeys(auth, aci, device)
    if (!answer) continue
    found = true
    const identity = PublicKey.deserialize(fromBase64(answer.identityKey))
    const replaced = await client.units.run(async unit => {
      const own = aci === client.account.row.aci
      const before = own ? false : recordIdentity(unit, aci, identity.serialize())
      const stores = storesOf(unit, client.account, 'aci')
      const local = ProtocolAddress.new(client.account.aci, client.account.device)
      for (const keys of answer.devices) {
        if (own && keys.deviceId === client.account.device) continue
        await processPreKeyBundle(
          bundleOf(keys, identity),
          ProtocolAddress.new(aci, keys.deviceId),
          local,
          stores.sessions,
          stores.identities,
        )
      }
      return before
    })
    changed ||= replaced
  }
  if (changed) return { kind: 'changed' }
  return found ? { kind: 'ready' } : { kind: 'unregistered' }
}

/** Puts away sessions with devices that are gone, and makes new ones with those that are new or were set up anew. */
export async function correctDevices(
  client: Client,
  aci: string,
  told: {
    readonly missing: readonly number[]
    readonly extra: readonly number[]
    readonly stale: readonly number[]
  },
): Promise<SessionsResult> {
  await client.units.run(unit => {
    for (const device of [...told.extra, ...told.stale]) archiveSession(unit, aci, device)
  })
  const fresh = [...told.missing, ...told.stale]
  return fresh.length > 0 ? await makeSessions(client, aci, fresh) : { kind: 'ready' }
}

/**
 * Nothing more is written in a session; what was written to us in it, and is on its way, can still be read.
 * `which` says whether it is the one that is meant.
 */
export function archiveSession(
  unit: Unit,
  aci: string,
  device: number,
  which: (session: SessionRecord) => boolean = () => true,
): void {
  const key = sessionKey('aci', aci, device)
  const stored = unit.get('session', key)
  if (!stored) return
  const session = SessionRecord.deserialize(stored)
  if (!which(session)) return
  session.archiveCurrentState()
  unit.put('session', key, session.serialize())
}

function bundleOf(keys: DeviceKeys, identity: PublicKey): PreKeyBundle {
  return PreKeyBundle.new(
    keys.registrationId,
    keys.deviceId,
    keys.preKey?.keyId ?? null,
    keys.preKey ? PublicKey.deserialize(fromBase64(keys.preKey.publicKey)) : null,
    keys.signedPreKey.keyId,
    PublicKey.deserialize(fromBase64(keys.signedPreKey.publicKey)),
    fromBase64(keys.signedPreKey.signature),
    identity,
    keys.pqPreKey.keyId,
    KEMPublicKey.deserialize(fromBase64(keys.pqPreKey.publicKey)),
    fromBase64(keys.pqPreKey.signature),
  )
}
