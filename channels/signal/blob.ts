// Attachments at rest on the CDN: encrypted, authenticated, and padded so that sizes tell little.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { type Bytes, bytes, concat } from './bytes.ts'

export interface SealedBlob {
  readonly blob: Bytes
  /** AES key, then MAC key. */
  readonly secret: Bytes
  readonly digest: Bytes
}

/** Encrypts `plain` under fresh keys. */
export function sealBlob(plain: Uint8Array): SealedBlob {
  const secret = bytes(randomBytes(64))
  const padded = Buffer.alloc(paddedSize(plain.length))
  padded.set(plain)
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-256-cbc', secret.subarray(0, 32), iv)
  const sealed = concat(iv, cipher.update(padded), cipher.final())
  const blob = concat(sealed, createHmac('sha256', secret.subarray(32)).update(sealed).digest())
  return { blob, secret, digest: bytes(createHash('sha256').update(blob).digest()) }
}

/** Opens a blob. Throws unless it is exactly the one that the digest and the keys belong to. */
export function openBlob(blob: Uint8Array, secret: Uint8Array, digest: Uint8Array, size: number): Bytes {
  if (secret.length !== 64 || blob.length < 16 + 16 + 32) throw new Error('the attachment is malformed')
  if (!same(createHash('sha256').update(blob).digest(), digest))
    throw new Error('the attachment is not the one that was sent')
  const signed = blob.subarray(0, -32)
  const mac = createHmac('sha256', secret.subarray(32)).update(signed).digest()
  if (!same(mac, blob.subarray(-32))) throw new Error('the attachment does not authenticate')
  const decipher = createDecipheriv('aes-256-cbc', secret.subarray(0, 32), signed.subarray(0, 16))
  const plain = concat(decipher.update(signed.subarray(16)), decipher.final())
  if (plain.length < size) throw new Error('the attachment is shorter than its sender said')
  return bytes(plain.subarray(0, size))
}

/** Sizes grow in steps of 5 %. */
export const paddedSize = (size: number): number =>
  Math.max(541, Math.floor(1.05 ** Math.ceil(Math.log(Math.max(size, 1)) / Math.log(1.05))))

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b)
