// The six stores that the protocol library works with, over one unit of work.
import {
  type Direction,
  type IdentityChange,
  IdentityKeyPair,
  IdentityKeyStore,
  KyberPreKeyRecord,
  KyberPreKeyStore,
  PreKeyRecord,
  PreKeyStore,
  type PrivateKey,
  type ProtocolAddress,
  PublicKey,
  SenderKeyRecord,
  SenderKeyStore,
  SessionRecord,
  SessionStore,
  SignedPreKeyRecord,
  SignedPreKeyStore,
} from '@signalapp/libsignal-client'
import type { Account, Own } from './account.ts'
import { recordIdentity } from './identity.ts'
import type { RecordKind, Unit } from './unit.ts'

export interface Stores {
  readonly sessions: SessionStore
  readonly identities: IdentityKeyStore
  readonly prekeys: PreKeyStore
  readonly signed: SignedPreKeyStore
  readonly kyber: KyberPreKeyStore
  readonly senderKeys: SenderKeyStore
}

/** The stores of one of our two identities, for the time of `unit`. */
export function storesOf(unit: Unit, account: Account, own: Own): Stores {
  return {
    sessions: new Sessions(unit, own),
    identities: new Identities(unit, account, own),
    prekeys: new PreKeys(unit, own),
    signed: new SignedPreKeys(unit, own),
    kyber: new KyberPreKeys(unit, own),
    senderKeys: new SenderKeys(unit),
  }
}

/** Where a session is kept. */
export const sessionKey = (own: Own, name: string, device: number): string => `${own}:${name}.${device}`

const direction = { receiving: 1 } as const
const change = { newOrUnchanged: 0, replaced: 1 } as const

class Sessions extends SessionStore {
  readonly #unit: Unit
  readonly #own: Own
  constructor(unit: Unit, own: Own) {
    super()
    this.#unit = unit
    this.#own = own
  }
  #key = (at: ProtocolAddress): string => sessionKey(this.#own, at.name(), at.deviceId())
  override async saveSession(at: ProtocolAddress, record: SessionRecord): Promise<void> {
    this.#unit.put('session', this.#key(at), record.serialize())
  }
  override async getSession(at: ProtocolAddress): Promise<SessionRecord | null> {
    const stored = this.#unit.get('session', this.#key(at))
    return stored ? SessionRecord.deserialize(stored) : null
  }
  override async getExistingSessions(addresses: ProtocolAddress[]): Promise<SessionRecord[]> {
    return addresses.map(at => SessionRecord.deserialize(needed(this.#unit, 'session', this.#key(at))))
  }
}

class Identities extends IdentityKeyStore {
  readonly #unit: Unit
  readonly #account: Account
  readonly #own: Own
  constructor(unit: Unit, account: Account, own: Own) {
    super()
    this.#unit = unit
    this.#account = account
    this.#own = own
  }
  override async getIdentityKey(): Promise<PrivateKey> {
    return IdentityKeyPair.deserialize(this.#account.identity(this.#own)).privateKey
  }
  override async getLocalRegistrationId(): Promise<number> {
    return this.#account.registration(this.#own)
  }
  override async saveIdentity(name: ProtocolAddress, key: PublicKey): Promise<IdentityChange> {
    if (name.name() === this.#account.row.aci) return change.newOrUnchanged
    const replaced = recordIdentity(this.#unit, name.name(), key.serialize())
    return replaced ? change.replaced : change.newOrUnchanged
  }
  /** Who writes is heard, whatever their key; to send, the key must be the one we know. Our own account has our own key. */
  override async isTrustedIdentity(name: ProtocolAddress, key: PublicKey, way: Direction): Promise<boolean> {
    if (name.name() === this.#account.row.aci)
      return IdentityKeyPair.deserialize(this.#account.identity('aci')).publicKey.equals(key)
    if (way === direction.receiving) return true
    const known = this.#unit.get('identity', name.name())
    return known === undefined || PublicKey.deserialize(known).equals(key)
  }
  override async getIdentity(name: ProtocolAddress): Promise<PublicKey | null> {
    const known = this.#unit.get('identity', name.name())
    return known ? PublicKey.deserialize(known) : null
  }
}

class PreKeys extends PreKeyStore {
  readonly #unit: Unit
  readonly #own: Own
  constructor(unit: Unit, own: Own) {
    super()
    this.#unit = unit
    this.#own = own
  }
  override async savePreKey(id: number, record: PreKeyRecord): Promise<void> {
    this.#unit.put('prekey', keyName(this.#own, id), record.serialize())
  }
  override async getPreKey(id: number): Promise<PreKeyRecord> {
    return PreKeyRecord.deserialize(needed(this.#unit, 'prekey', keyName(this.#own, id)))
  }
  override async removePreKey(id: number): Promise<void> {
    this.#unit.remove('prekey', keyName(this.#own, id))
  }
}

class SignedPreKeys extends SignedPreKeyStore {
  readonly #unit: Unit
  readonly #own: Own
  constructor(unit: Unit, own: Own) {
    super()
    this.#unit = unit
    this.#own = own
  }
  override async saveSignedPreKey(id: number, record: SignedPreKeyRecord): Promise<void> {
    this.#unit.put('signed_prekey', keyName(this.#own, id), record.serialize())
  }
  override async getSignedPreKey(id: number): Promise<SignedPreKeyRecord> {
    return SignedPreKeyRecord.deserialize(needed(this.#unit, 'signed_prekey', keyName(this.#own, id)))
  }
}

class KyberPreKeys extends KyberPreKeyStore {
  readonly #unit: Unit
  readonly #own: Own
  constructor(unit: Unit, own: Own) {
    super()
    this.#unit = unit
    this.#own = own
  }
  override async saveKyberPreKey(id: number, record: KyberPreKeyRecord): Promise<void> {
    this.#unit.put('kyber_prekey', keyName(this.#own, id), record.serialize())
  }
  override async getKyberPreKey(id: number): Promise<KyberPreKeyRecord> {
    const key = keyName(this.#own, id)
    return KyberPreKeyRecord.deserialize(
      this.#unit.get('kyber_prekey', key) ?? needed(this.#unit, 'kyber_last_resort', key),
    )
  }
  /** A one-time key is deleted; the last-resort key stays, but the same message cannot use it twice. */
  override async markKyberPreKeyUsed(id: number, signedId: number, baseKey: PublicKey): Promise<void> {
    const key = keyName(this.#own, id)
    if (this.#unit.get('kyber_prekey', key)) return this.#unit.remove('kyber_prekey', key)
    const use = `${key}:${signedId}:${Buffer.from(baseKey.serialize()).toString('hex')}`
    if (this.#unit.get('kyber_used', use))
      throw new Error('a last-resort key was used twice with the same base key')
    this.#unit.put('kyber_used', use, new Uint8Array([1]))
  }
}

class SenderKeys extends SenderKeyStore {
  readonly #unit: Unit
  constructor(unit: Unit) {
    super()
    this.#unit = unit
  }
  #key = (sender: ProtocolAddress, distribution: string): string =>
    `${sender.name()}.${sender.deviceId()}:${distribution}`
  override async saveSenderKey(
    sender: ProtocolAddress,
    distribution: string,
    record: SenderKeyRecord,
  ): Promise<void> {
    this.#unit.put('sender_key', this.#key(sender, distribution), record.serialize())
  }
  override async getSenderKey(
    sender: ProtocolAddress,
    distribution: string,
  ): Promise<SenderKeyRecord | null> {
    const stored = this.#unit.get('sender_key', this.#key(sender, distribution))
    return stored ? SenderKeyRecord.deserialize(stored) : null
  }
}

/** Ids are padded so that their order is the order of their making. */
export const keyName = (own: Own, id: number): string => `${own}:${String(id).padStart(8, '0')}`

function needed(unit: Unit, kind: RecordKind, key: string): Uint8Array<ArrayBuffer> {
  const stored = unit.get(kind, key)
  if (!stored) throw new Error(`no ${kind} ${key}`)
  return stored
}
