// What people call themselves: their profile name, readable by those who have their profile key.
import { createDecipheriv } from 'node:crypto'
import { Aci } from '@signalapp/libsignal-client'
import { ProfileKey } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { bytes, concat, text } from './bytes.ts'
import { type Client, connected } from './client.ts'
import { safeName } from './names.ts'
import { fetchProfileName } from './server.ts'
import { readPerson, updatePerson } from './store/people.ts'

const everyMs = 24 * 3600_000

/** Fetches somebody's profile name if we can and have not today. */
export async function refreshName(client: Client, aci: string, now: number): Promise<void> {
  const { profile_key, profile_fetched_at } = readPerson(client.db, aci)
  if (!profile_key || (profile_fetched_at !== null && now - profile_fetched_at < everyMs)) return
  const key = new ProfileKey(bytes(profile_key))
  const version = key.getProfileKeyVersion(Aci.fromUuid(aci)).toString()
  const sealed = await fetchProfileName(connected(client).unauth, aci, version, key.deriveAccessKey())
  const name = sealed && openName(sealed, profile_key)
  updatePerson(client.db, aci, { profile_fetched_at: now, ...(name ? { profile_name: name } : {}) })
}

/** Nonce, ciphertext, tag; inside given and family name with a zero between, then zeros. */
function openName(sealed: Uint8Array, key: Uint8Array): string | undefined {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12))
    decipher.setAuthTag(sealed.subarray(-16))
    const plain = concat(decipher.update(sealed.subarray(12, -16)), decipher.final())
    return safeName(text(plain).split('\0').slice(0, 2).join(' '))
  } catch {
    return undefined
  }
}
