// The account's storage service, read only: contacts with their profile keys, and the groups it is in.
import { createDecipheriv, createHmac } from 'node:crypto'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { hkdf } from '@signalapp/libsignal-client'
import { AccountEntropyPool, SvrKey } from '@signalapp/libsignal-client/dist/AccountKeys.js'
import { type Bytes, base64, bytes, concat } from './bytes.ts'
import { type Client, connected } from './client.ts'
import {
  type ContactRecord,
  ManifestRecordSchema,
  ReadOperationSchema,
  StorageItemsSchema,
  StorageManifestSchema,
  type StorageRecord,
  StorageRecordSchema,
} from './generated/groups_pb.ts'
import { fetchHttps } from './https.ts'
import { parseServiceId } from './ids.ts'
import { safeName } from './names.ts'
import { groupOf } from './rooms.ts'
import { fetchStorageLogin } from './server.ts'
import { getSetting, putSetting } from './store/account.ts'
import type { Db } from './store/database.ts'
import { learnProfileKey, updatePerson } from './store/people.ts'
import { blockRoom, noteRoom } from './store/rooms.ts'

/** Types of manifest identifiers that are read. */
const wanted = new Set([1, 3])
const mostBytes = 64 * 1024 * 1024
const perRequest = 1000

/** Reads what is newer than what we have. Does nothing before the phone gave us its keys. */
export async function readStorage(client: Client): Promise<void> {
  const key = storageKey(client)
  if (!key) return
  const { username, password } = await fetchStorageLogin(connected(client).auth)
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const known = getSetting(client.db, 'storage_version') ?? '0'
  const call = async (method: 'GET' | 'PUT', path: string, body?: Uint8Array) =>
    await fetchHttps({
      method,
      url: `${client.service.storageUrl}${path}`,
      ca: client.service.ca,
      headers: { authorization, 'content-type': 'application/x-protobuf' },
      ...(body ? { body } : {}),
      mostBytes,
    })
  const answer = await call('GET', `/v1/storage/manifest/version/${known}`)
  if (answer.status === 204 || answer.status === 404) return
  if (answer.status !== 200) throw new Error(`the storage service answered ${answer.status}`)
  const outer = fromBinary(StorageManifestSchema, answer.body)
  const manifest = fromBinary(ManifestRecordSchema, open(outer.value, mac(key, `Manifest_${outer.version}`)))
  const ids = manifest.identifiers.filter(id => wanted.has(id.type)).map(id => id.raw)
  const records: StorageRecord[] = []
  for (let at = 0; at < ids.length; at += perRequest) {
    const body = toBinary(
      ReadOperationSchema,
      create(ReadOperationSchema, { keys: ids.slice(at, at + perRequest) }),
    )
    const got = await call('PUT', '/v1/storage/read', body)
    if (got.status !== 200) throw new Error(`the storage service answered ${got.status}`)
    for (const item of fromBinary(StorageItemsSchema, got.body).items) {
      records.push(
        fromBinary(StorageRecordSchema, open(item.value, itemKey(key, manifest.recordIkm, item.key))),
      )
    }
  }
  client.db
    .transaction(() => {
      for (const record of records) keepRecord(client.db, record)
      putSetting(client.db, 'storage_version', String(outer.version))
    })
    .immediate()
}

function keepRecord(db: Db, { contact, group }: StorageRecord): void {
  if (contact) keepContact(db, contact)
  const known = group && groupOf(group.masterKey)
  if (!group || !known) return
  noteRoom(db, known.id, group.masterKey, 0)
  blockRoom(db, known.id, group.blocked)
}

function keepContact(db: Db, contact: ContactRecord): void {
  const id = parseServiceId(contact.aciBinary, contact.aci)
  if (id?.kind !== 'aci') return
  const name = safeName(`${contact.givenName} ${contact.familyName}`)
  updatePerson(db, id.uuid, {
    blocked: contact.blocked ? 1 : 0,
    ...(contact.number ? { number: contact.number } : {}),
    ...(name ? { profile_name: name } : {}),
  })
  learnProfileKey(db, id.uuid, contact.profileKey)
}

function storageKey(client: Client): Bytes | undefined {
  const { entropy_pool, master_key } = client.account.row
  const svr = entropy_pool ? AccountEntropyPool.deriveSvrKey(entropy_pool) : master_key && bytes(master_key)
  return svr ? new SvrKey(svr).deriveStorageServiceKey() : undefined
}

const mac = (key: Uint8Array, text: string): Bytes => bytes(createHmac('sha256', key).update(text).digest())

/** Newer manifests carry a key of their own for items; older ones derive it from the storage key. */
const itemKey = (key: Bytes, ikm: Uint8Array, id: Uint8Array): Bytes =>
  ikm.length > 0
    ? hkdf(32, bytes(ikm), concat(Buffer.from('20240801_SIGNAL_STORAGE_SERVICE_ITEM_'), id), null)
    : mac(key, `Item_${base64(id)}`)

/** AES-256-GCM: nonce, ciphertext, tag. */
function open(sealed: Uint8Array, key: Uint8Array): Bytes {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12))
  decipher.setAuthTag(sealed.subarray(-16))
  return concat(decipher.update(sealed.subarray(12, -16)), decipher.final())
}
