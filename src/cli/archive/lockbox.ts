// Keys under a passphrase: scrypt makes the key, AES-256-GCM hides and proves the content.
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { CoopError } from '../../errors.ts'

const derive = promisify<string, Buffer, number, object, Buffer>(scrypt)

/** About 128 MB and half a second for each guess. */
const cost = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 }
const magic = Buffer.from('coop-keys-1\n')
const saltBytes = 16
const ivBytes = 12
const tagBytes = 16

/** A magic line, salt, nonce and tag before what was hidden: all that `unlock` needs beside the passphrase. */
export async function lock(content: Buffer, passphrase: string): Promise<Buffer> {
  const salt = randomBytes(saltBytes)
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', await derive(passphrase.normalize('NFC'), salt, 32, cost), iv)
  cipher.setAAD(magic)
  const hidden = Buffer.concat([cipher.update(content), cipher.final()])
  return Buffer.concat([magic, salt, iv, cipher.getAuthTag(), hidden])
}

/** Throws `archive_invalid` for another passphrase and for changed bytes alike. */
export async function unlock(box: Buffer, passphrase: string): Promise<Buffer> {
  const head = magic.length + saltBytes + ivBytes + tagBytes
  if (box.length < head || !box.subarray(0, magic.length).equals(magic))
    throw new CoopError(
      'archive_invalid',
      'The keys in this archive are in a form that this Coop does not know.',
    )
  let at = magic.length
  const take = (bytes: number) => box.subarray(at, (at += bytes))
  const [salt, iv, tag] = [take(saltBytes), take(ivBytes), take(tagBytes)]
  const key = await derive(passphrase.normalize('NFC'), salt, 32, cost)
  const decipher = createDecipheriv('aes-256-gcm', key, iv)
  decipher.setAAD(magic)
  decipher.setAuthTag(tag)
  try {
    return Buffer.concat([decipher.update(box.subarray(at)), decipher.final()])
  } catch (cause) {
    throw new CoopError('archive_invalid', 'The passphrase is another one, or the keys were changed.', {
      cause,
    })
  }
}
