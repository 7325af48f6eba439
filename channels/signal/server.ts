// Every call that Coop makes to Signal's chat server, in one place: paths, bodies and what answers mean.
import type { Net } from '@signalapp/libsignal-client'
import { base64, bytes, fromBase64, text } from './bytes.ts'
import type { Own } from './store/account.ts'

/** One encrypted copy, for one device. `content` is base64. */
export interface DeviceMessage {
  readonly type: number
  readonly destinationDeviceId: number
  readonly destinationRegistrationId: number
  readonly content: string
}

export interface PublicKeyJson {
  readonly keyId: number
  /** Base64. */
  readonly publicKey: string
  readonly signature?: string
}

export interface DeviceKeys {
  readonly deviceId: number
  readonly registrationId: number
  readonly signedPreKey: Required<PublicKeyJson>
  readonly preKey?: PublicKeyJson | null
  readonly pqPreKey: Required<PublicKeyJson>
}

/** What the server did with a message. */
export type PutResult =
  | { readonly kind: 'accepted' }
  /** Other devices than we thought; nothing was delivered to any of them. */
  | {
      readonly kind: 'devices'
      readonly missing: readonly number[]
      readonly extra: readonly number[]
      readonly stale: readonly number[]
    }
  /** The access key is not theirs. */
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'unregistered' }
  /** The account is asked to prove that it is human; only the phone can. */
  | { readonly kind: 'challenge'; readonly afterMs: number | undefined }
  | { readonly kind: 'limited'; readonly afterMs: number | undefined }
  | { readonly kind: 'failed'; readonly status: number }

export type Chat = Net.ChatConnection

export interface Answer {
  readonly status: number
  readonly body: Uint8Array
  header(name: string): string | undefined
}

/** A request by `chat`; resolves for every status, rejects when there is no connection. */
async function request(
  chat: Chat,
  verb: string,
  path: string,
  json?: unknown,
  headers: readonly [string, string][] = [],
): Promise<Answer> {
  const answer = await chat.fetch({
    verb,
    path,
    headers: json === undefined ? headers : [['content-type', 'application/json'], ...headers],
    ...(json === undefined ? {} : { body: bytes(Buffer.from(JSON.stringify(json))) }),
    timeoutMillis: 20_000,
  })
  const found = new Map(answer.headers.map(([name, value]) => [name.toLowerCase(), value]))
  return { status: answer.status, body: answer.body ?? new Uint8Array(), header: name => found.get(name) }
}

export interface LinkAnswer {
  readonly status: number
  readonly device?: number
  /** Without prefix. */
  readonly pni?: string
}

/** PUT /v1/devices/link, by an unauthenticated connection. */
export async function linkDevice(
  chat: Chat,
  aci: string,
  password: string,
  body: unknown,
): Promise<LinkAnswer> {
  const answer = await request(chat, 'PUT', '/v1/devices/link', body, [
    ['authorization', `Basic ${Buffer.from(`${aci}:${password}`).toString('base64')}`],
  ])
  if (answer.status !== 200) return { status: answer.status }
  const { deviceId, pni } = JSON.parse(text(answer.body)) as { deviceId: number; pni?: string }
  return { status: 200, device: deviceId, ...(pni === undefined ? {} : { pni }) }
}

/** DELETE /v1/devices/<own>: a device may remove itself. */
export const removeDevice = async (chat: Chat, device: number): Promise<number> =>
  (await request(chat, 'DELETE', `/v1/devices/${device}`)).status

/** GET /v2/keys: how many one-time keys are left on the server. */
export async function countKeys(chat: Chat, own: Own): Promise<{ count: number; pqCount: number }> {
  return expectJson(await request(chat, 'GET', `/v2/keys?identity=${own}`)) as {
    count: number
    pqCount: number
  }
}

/** PUT /v2/keys. Both one-time lists belong in every upload: the server replaces what it had. */
export async function uploadKeys(chat: Chat, own: Own, body: unknown): Promise<void> {
  expect200(await request(chat, 'PUT', `/v2/keys?identity=${own}`, body))
}

/** GET /v2/keys/<id>/<device or *>; undefined when there is no such account or device. */
export async function fetchKeys(
  chat: Chat,
  serviceId: string,
  device: number | '*',
): Promise<{ identityKey: string; devices: readonly DeviceKeys[] } | undefined> {
  const answer = await request(chat, 'GET', `/v2/keys/${serviceId}/${device}`)
  if (answer.status === 404) return undefined
  return expectJson(answer) as { identityKey: string; devices: readonly DeviceKeys[] }
}

/** GET /v1/certificate/delivery: vouches for us inside sealed messages. */
export async function fetchSenderCertificate(chat: Chat): Promise<Uint8Array<ArrayBuffer>> {
  const { certificate } = expectJson(
    await request(chat, 'GET', '/v1/certificate/delivery?includeE164=false'),
  ) as {
    certificate: string
  }
  return fromBase64(certificate)
}

export interface PutMessage {
  readonly destination: string
  readonly timestamp: number
  readonly messages: readonly DeviceMessage[]
  /** Only for devices that are connected now, and of no consequence later. */
  readonly online?: boolean
}

/** PUT /v1/messages/<id>; with an access key, by the unauthenticated connection and without our name. */
export async function putMessage(
  chat: Chat,
  message: PutMessage,
  accessKey?: Uint8Array,
): Promise<PutResult> {
  const { destination, timestamp, messages } = message
  const online = message.online ?? false
  const answer = await request(
    chat,
    'PUT',
    `/v1/messages/${destination}?story=false`,
    { destination, timestamp, messages, online, urgent: !online },
    accessKey ? [['unidentified-access-key', base64(accessKey)]] : [],
  )
  switch (answer.status) {
    case 200:
      return { kind: 'accepted' }
    case 409:
    case 410: {
      const told = JSON.parse(text(answer.body)) as Partial<
        Record<'missingDevices' | 'extraDevices' | 'staleDevices', number[]>
      >
      return {
        kind: 'devices',
        missing: told.missingDevices ?? [],
        extra: told.extraDevices ?? [],
        stale: told.staleDevices ?? [],
      }
    }
    case 401:
    case 403:
      return { kind: 'unauthorized' }
    case 404:
      return { kind: 'unregistered' }
    case 428:
      return { kind: 'challenge', afterMs: retryAfter(answer) }
    case 413:
    case 429:
      return { kind: 'limited', afterMs: retryAfter(answer) }
    default:
      return { kind: 'failed', status: answer.status }
  }
}

/** GET /v1/profile/<aci>/<version>: the encrypted name; undefined when it cannot be had. */
export async function fetchProfileName(
  chat: Chat,
  aci: string,
  version: string,
  accessKey: Uint8Array,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const answer = await request(chat, 'GET', `/v1/profile/${aci}/${version}`, undefined, [
    ['unidentified-access-key', base64(accessKey)],
  ])
  if (answer.status !== 200) return undefined
  const { name } = JSON.parse(text(answer.body)) as { name?: string | null }
  return name ? fromBase64(name) : undefined
}

/** GET /v1/storage/auth: a login for the storage service. */
export const fetchStorageLogin = async (chat: Chat): Promise<{ username: string; password: string }> =>
  expectJson(await request(chat, 'GET', '/v1/storage/auth')) as { username: string; password: string }

/** GET /v1/certificate/auth/group for days from `from` to `to`, in seconds at midnight UTC. */
export async function fetchGroupCredentials(
  chat: Chat,
  from: number,
  to: number,
): Promise<readonly { credential: string; redemptionTime: number }[]> {
  const query = `redemptionStartSeconds=${from}&redemptionEndSeconds=${to}&zkcCredential=true`
  const answer = expectJson(await request(chat, 'GET', `/v1/certificate/auth/group?${query}`))
  return (answer as { credentials: { credential: string; redemptionTime: number }[] }).credentials
}

export const keepAlive = async (chat: Chat): Promise<void> =>
  expect200(await request(chat, 'GET', '/v1/keepalive'))

function retryAfter(answer: Answer): number | undefined {
  const seconds = Number(answer.header('retry-after'))
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined
}

function expect200(answer: Answer): void {
  if (answer.status < 200 || answer.status > 299)
    throw new Error(`the Signal server answered ${answer.status}`)
}

function expectJson(answer: Answer): unknown {
  expect200(answer)
  return JSON.parse(text(answer.body))
}
