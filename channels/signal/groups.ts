// Groups as the server has them: the whole state is fetched whenever something newer was mentioned.
import { fromBinary } from '@bufbuild/protobuf'
import { Aci, Pni } from '@signalapp/libsignal-client'
import {
  AuthCredentialWithPniResponse,
  ClientZkAuthOperations,
  ClientZkGroupCipher,
  type GroupSecretParams,
  ProfileKeyCiphertext,
  ServerPublicParams,
  UuidCiphertext,
} from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { bytes, fromBase64, hex } from './bytes.ts'
import { type Client, connected } from './client.ts'
import { type Group, GroupBlobSchema, GroupResponseSchema } from './generated/groups_pb.ts'
import { fetchHttps } from './https.ts'
import { safeName } from './names.ts'
import { groupOf, membershipOf } from './rooms.ts'
import { fetchGroupCredentials } from './server.ts'
import { getSetting, putSetting } from './store/account.ts'
import { learnProfileKey } from './store/people.ts'
import { confirmRoomState, forgetRoomState, keepRoomState, type Room, readRoom } from './store/rooms.ts'

const daySeconds = 86_400
const mostBytes = 16 * 1024 * 1024

/** Fetches the group if what we hold is not current. Rejects when it cannot be read; what we hold then stays stale. */
export async function refreshRoom(client: Client, id: string): Promise<void> {
  if (membershipOf(client.db, id, client.account.row.aci, Date.now()).kind !== 'list')
    await rereadRoom(client, id)
}

/** Fetches the group, current or not: who left may have told everybody but us. Rejects when it cannot be read. */
export async function rereadRoom(client: Client, id: string): Promise<void> {
  const room = readRoom(client.db, id)
  if (!room) return
  const group = groupOf(room.master_key)
  if (!group) return
  const now = Date.now()
  const answer = await fetchHttps({
    method: 'GET',
    url: `${client.service.storageUrl}/v2/groups`,
    ca: client.service.ca,
    headers: { authorization: await authorization(client, group.params, now) },
    mostBytes,
  })
  if (answer.status === 403 || answer.status === 404) return forgetRoomState(client.db, id)
  if (answer.status !== 200) throw new Error(`the group server answered ${answer.status}`)
  const state = fromBinary(GroupResponseSchema, answer.body).group
  if (!state) throw new Error('the group server answered without a group')
  // What is the same needs no decryption: that of a thousand members takes a while.
  if (room.members && state.version === room.revision) confirmRoomState(client.db, room, now)
  else keepState(client, room, group.params, state, now)
}

function keepState(client: Client, before: Room, params: GroupSecretParams, state: Group, now: number): void {
  const cipher = new ClientZkGroupCipher(params)
  const members = state.members.map(member => {
    const aci = cipher.decryptServiceId(new UuidCiphertext(bytes(member.userId))).getServiceIdString()
    return { aci, profileKey: openProfileKey(cipher, aci, member.profileKey) }
  })
  const timer = state.timer.length > 0 ? (openBlobField(cipher, state.timer)?.timerSeconds ?? 0) : 0
  const title = safeName(openBlobField(cipher, state.title)?.title ?? '')
  const facts = {
    revision: state.version,
    title,
    members: members.map(member => member.aci),
    expireTimer: timer,
  }
  client.db
    .transaction(() => {
      keepRoomState(client.db, before, facts, now)
      for (const { aci, profileKey } of members) if (profileKey) learnProfileKey(client.db, aci, profileKey)
    })
    .immediate()
}

function openProfileKey(
  cipher: ClientZkGroupCipher,
  aci: string,
  sealed: Uint8Array,
): Uint8Array | undefined {
  try {
    return cipher.decryptProfileKey(new ProfileKeyCiphertext(bytes(sealed)), Aci.fromUuid(aci)).serialize()
  } catch {
    return undefined
  }
}

function openBlobField(cipher: ClientZkGroupCipher, sealed: Uint8Array) {
  try {
    return fromBinary(GroupBlobSchema, cipher.decryptBlob(bytes(sealed)))
  } catch {
    return undefined
  }
}

/** Proves membership without saying who we are: a presentation of today's credential. */
async function authorization(client: Client, params: GroupSecretParams, now: number): Promise<string> {
  const { aci, row } = client.account
  if (row.pni === null) throw new Error('the account has no number, and group credentials need one')
  const today = Math.floor(now / 1000 / daySeconds) * daySeconds
  const operations = new ClientZkAuthOperations(new ServerPublicParams(client.service.zkParams))
  const credential = operations.receiveAuthCredentialWithPniAsServiceId(
    aci,
    Pni.fromUuid(row.pni),
    today,
    new AuthCredentialWithPniResponse(await credentialFor(client, today)),
  )
  const presentation = operations.createAuthCredentialWithPniPresentation(params, credential)
  const login = `${hex(params.getPublicParams().serialize())}:${hex(presentation.serialize())}`
  return `Basic ${Buffer.from(login).toString('base64')}`
}

/** Credentials are given for a week; one a day is used. */
async function credentialFor(client: Client, today: number): Promise<Uint8Array<ArrayBuffer>> {
  const kept = JSON.parse(getSetting(client.db, 'group_credentials') ?? '{}') as Record<string, string>
  const found = kept[`${client.account.row.pni}:${today}`]
  if (found) return fromBase64(found)
  const fetched = await fetchGroupCredentials(connected(client).auth, today, today + 6 * daySeconds)
  const all = Object.fromEntries(
    fetched.map(one => [`${client.account.row.pni}:${one.redemptionTime}`, one.credential]),
  )
  putSetting(client.db, 'group_credentials', JSON.stringify(all))
  const now = all[`${client.account.row.pni}:${today}`]
  if (!now) throw new Error('the server gave no group credential for today')
  return fromBase64(now)
}
