// Prekeys: enough one-time ones on the server, the signed and the last-resort one changed every 36 hours.
import { randomInt } from 'node:crypto'
import {
  IdentityKeyPair,
  KEMKeyPair,
  KyberPreKeyRecord,
  PreKeyRecord,
  PrivateKey,
  SignedPreKeyRecord,
} from '@signalapp/libsignal-client'
import { base64 } from './bytes.ts'
import { type Chat, countKeys, type PublicKeyJson, uploadKeys } from './server.ts'
import { type Account, getSetting, type Own, putSetting } from './store/account.ts'
import type { Db } from './store/database.ts'
import { keyName } from './store/protocol.ts'
import type { Unit } from './store/unit.ts'
import type { Units } from './store/units.ts'

const batch = 100
const fewest = 10
const rotateAfterMs = 36 * 3600_000
/** Messages wait this long on the server, so the keys that they name are kept as long. */
const keepMs = 45 * 24 * 3600_000

/** The two keys that every device offers for ever, newly made and kept in `unit`. */
export function makeStandingKeys(unit: Unit, own: Own, pair: Uint8Array, now: number) {
  const identity = IdentityKeyPair.deserialize(pair as Uint8Array<ArrayBuffer>)
  const [signedId, kyberId] = [newId(), newId()]
  const secret = PrivateKey.generate()
  const signature = identity.privateKey.sign(secret.getPublicKey().serialize())
  const signed = SignedPreKeyRecord.new(signedId, now, secret.getPublicKey(), secret, signature)
  const lastResort = makeKyberKey(kyberId, identity, now)
  unit.put('signed_prekey', keyName(own, signedId), signed.serialize())
  unit.put('kyber_last_resort', keyName(own, kyberId), lastResort.serialize())
  return { signedPreKey: signedJson(signed), pqLastResortPreKey: signedJson(lastResort) }
}

/** Fills up one-time keys that run low and rotates the standing ones that are old. */
export async function keepKeys(
  db: Db,
  units: Units,
  account: Account,
  chat: Chat,
  now: number,
): Promise<void> {
  for (const own of ['aci', 'pni'] as const) {
    if (own === 'pni' && !account.row.pni_identity) continue
    const { count, pqCount } = await countKeys(chat, own)
    const rotatedAt = Number(getSetting(db, `rotated_${own}`) ?? account.row.linked_at)
    const rotate = now - rotatedAt >= rotateAfterMs
    if (count >= fewest && pqCount >= fewest && !rotate) continue
    const body = await units.run(unit => {
      if (rotate) forgetOld(unit, own, now)
      return {
        ...makeOneTimeKeys(unit, account, own, now),
        ...(rotate ? makeStandingKeys(unit, own, account.identity(own), now) : {}),
      }
    })
    await uploadKeys(chat, own, body)
    if (rotate) putSetting(db, `rotated_${own}`, String(now))
  }
}

function makeOneTimeKeys(unit: Unit, account: Account, own: Own, now: number) {
  const identity = IdentityKeyPair.deserialize(account.identity(own))
  const preKeys: PublicKeyJson[] = []
  const pqPreKeys: PublicKeyJson[] = []
  const first = newId(0xff_ff_ff - batch)
  for (let id = first; id < first + batch; id += 1) {
    const secret = PrivateKey.generate()
    unit.put('prekey', keyName(own, id), PreKeyRecord.new(id, secret.getPublicKey(), secret).serialize())
    preKeys.push({ keyId: id, publicKey: base64(secret.getPublicKey().serialize()) })
    const kyber = makeKyberKey(id, identity, now)
    unit.put('kyber_prekey', keyName(own, id), kyber.serialize())
    pqPreKeys.push(signedJson(kyber))
  }
  return { preKeys, pqPreKeys }
}

/** Drops standing keys too old for any waiting message, but never the newest of a kind. */
function forgetOld(unit: Unit, own: Own, now: number): void {
  const dated = (['signed_prekey', 'kyber_last_resort'] as const).map(kind => {
    const read = (key: string) => {
      const record = unit.get(kind, key)!
      return kind === 'signed_prekey'
        ? SignedPreKeyRecord.deserialize(record)
        : KyberPreKeyRecord.deserialize(record)
    }
    return { kind, keys: unit.keys(kind, `${own}:`).map(key => ({ key, at: read(key).timestamp() })) }
  })
  for (const { kind, keys } of dated) {
    const newest = Math.max(...keys.map(entry => entry.at))
    for (const { key, at } of keys) if (at < newest && now - at > keepMs) unit.remove(kind, key)
  }
}

function makeKyberKey(id: number, identity: IdentityKeyPair, now: number): KyberPreKeyRecord {
  const pair = KEMKeyPair.generate()
  return KyberPreKeyRecord.new(id, now, pair, identity.privateKey.sign(pair.getPublicKey().serialize()))
}

/** Ids are 24 bits; chosen at random, so that one never names two keys across rotations. */
const newId = (below = 0xff_ff_ff): number => randomInt(1, below)

const signedJson = (key: SignedPreKeyRecord | KyberPreKeyRecord): Required<PublicKeyJson> => ({
  keyId: key.id(),
  publicKey: base64(key.publicKey().serialize()),
  signature: base64(key.signature()),
})
