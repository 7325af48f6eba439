// What the phone and a new device say to each other while linking: sealed to a key shown as a QR code.
import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { hkdf, PrivateKey, PublicKey } from '@signalapp/libsignal-client'
import { type Bytes, base64, bytes, concat } from './bytes.ts'
import {
  DeviceNameSchema,
  ProvisionEnvelopeSchema,
  type ProvisionMessage,
  ProvisionMessageSchema,
} from './generated/signal_pb.ts'

/** The address that the phone scans. `capabilities` is empty: no history is wanted. */
export function linkUrl(address: string, key: PublicKey): string {
  return `sgnl://linkdevice?uuid=${encodeURIComponent(address)}&pub_key=${encodeURIComponent(base64(key.serialize()))}&capabilities=`
}

/** Opens what the phone answered. Throws when it was not made for this key. */
export function openProvision(envelope: Uint8Array, key: PrivateKey): ProvisionMessage {
  const { publicKey, body } = fromBinary(ProvisionEnvelopeSchema, envelope)
  if (body.length < 1 + 16 + 32 || body[0] !== 1) throw new Error('the answer of the phone is malformed')
  const secret = key.agree(PublicKey.deserialize(bytes(publicKey)))
  const keys = hkdf(64, secret, bytes(Buffer.from('TextSecure Provisioning Message')), null)
  const signed = body.subarray(0, -32)
  const mac = createHmac('sha256', keys.subarray(32)).update(signed).digest()
  if (!timingSafeEqual(mac, body.subarray(-32)))
    throw new Error('the answer of the phone does not authenticate')
  const decipher = createDecipheriv('aes-256-cbc', keys.subarray(0, 32), body.subarray(1, 17))
  return fromBinary(ProvisionMessageSchema, concat(decipher.update(signed.subarray(17)), decipher.final()))
}

/** The name that the phone lists for this device, readable by the account alone. */
export function encryptDeviceName(name: string, identity: PublicKey): Bytes {
  const ephemeral = PrivateKey.generate()
  const secret = ephemeral.agree(identity)
  const plain = Buffer.from(name, 'utf8')
  const hmac = (key: Uint8Array, data: Uint8Array | string) => createHmac('sha256', key).update(data).digest()
  const iv = hmac(hmac(secret, 'auth'), plain).subarray(0, 16)
  const cipher = createCipheriv('aes-256-ctr', hmac(hmac(secret, 'cipher'), iv), Buffer.alloc(16))
  return bytes(
    toBinary(
      DeviceNameSchema,
      create(DeviceNameSchema, {
        ephemeralPublic: ephemeral.getPublicKey().serialize(),
        syntheticIv: iv,
        ciphertext: concat(cipher.update(plain), cipher.final()),
      }),
    ),
  )
}

/** A registration id, 1 to 16380 as all clients use. */
export const newRegistrationId = (): number => ((randomBytes(2).readUInt16BE() & 0x3fff) % 16_380) + 1
