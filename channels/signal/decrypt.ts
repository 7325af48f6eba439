// From an envelope to its content: unseal, check who vouches for the sender, turn the ratchet, take the padding off.
import { fromBinary } from '@bufbuild/protobuf'
import {
  type CiphertextMessageType,
  ErrorCode,
  groupDecrypt,
  LibSignalErrorBase,
  PlaintextContent,
  PreKeySignalMessage,
  ProtocolAddress,
  SignalMessage,
  sealedSenderDecryptToUsmc,
  signalDecrypt,
  signalDecryptPreKey,
} from '@signalapp/libsignal-client'
import { isStorageFault, messageOf } from '../../src/errors.ts'
import { type Bytes, bytes } from './bytes.ts'
import type { Client } from './client.ts'
import { envelopeType } from './constants.ts'
import { type Content, ContentSchema, type Envelope } from './generated/signal_pb.ts'
import { parseServiceId, uuidOf } from './ids.ts'
import { unpad } from './padding.ts'
import type { Own } from './store/account.ts'
import { storesOf } from './store/protocol.ts'
import type { Unit } from './store/unit.ts'

/** A message that came through, not yet acted on. */
export interface Opened {
  readonly sender: string
  readonly device: number
  /** Which of our identities it was written to. */
  readonly own: Own
  /** When the sender says that they sent it; with the sender it names the message. */
  readonly timestamp: number
  /** The identity of our number after a change that this message tells of, without prefix. */
  readonly updatedPni: string | undefined
  readonly content: Content
}

export type OpenResult =
  | { readonly kind: 'opened'; readonly opened: Opened }
  | { readonly kind: 'ignored'; readonly reason: string }

/** It was for us and would not decrypt; the sender can be asked for it again. */
export class Undecryptable extends Error {
  override readonly name = 'Undecryptable'
  readonly sender: string
  readonly device: number
  readonly timestamp: number
  readonly ciphertext: Bytes
  readonly type: number

  constructor(inner: Inner, timestamp: number, cause: unknown) {
    super(`a message would not decrypt: ${messageOf(cause)}`, { cause })
    this.sender = inner.sender
    this.device = inner.device
    this.timestamp = timestamp
    this.ciphertext = inner.ciphertext
    this.type = inner.type
  }
}

/** What is inside the seal, or inside the envelope if there is none. */
interface Inner {
  readonly sender: string
  readonly device: number
  readonly type: CiphertextMessageType
  readonly ciphertext: Bytes
}

/** Ciphertext types of the protocol library. */
const cipher = { whisper: 2, prekey: 3, senderKey: 7, plaintext: 8 } as const

/**
 * Opens an envelope within `unit`. Throws `Undecryptable`, or the fault of the disk; everything
 * else that is wrong with it is a reason to ignore it.
 */
export async function openEnvelope(client: Client, unit: Unit, envelope: Envelope): Promise<OpenResult> {
  const ignored = (reason: string): OpenResult => ({ kind: 'ignored', reason })
  if (envelope.type === envelopeType.serverReceipt) return ignored('a receipt of the server')
  const { account } = client
  const to = parseServiceId(envelope.destinationServiceIdBinary, envelope.destinationServiceId)
  if (!to || to.uuid !== (to.kind === 'aci' ? account.row.aci : account.row.pni))
    return ignored('it is for somebody else')
  const timestamp = Number(envelope.clientTimestamp)
  const stores = storesOf(unit, account, to.kind)
  let inner: Inner | string
  try {
    inner =
      envelope.type === envelopeType.sealed ? await unseal(client, envelope, to.kind, unit) : outer(envelope)
  } catch (cause) {
    if (isStorageFault(cause)) throw cause
    return ignored(`the envelope is malformed: ${messageOf(cause)}`)
  }
  if (typeof inner === 'string') return ignored(inner)
  if (inner.sender === account.row.aci && inner.device === account.device)
    return ignored('we sent it ourselves')
  try {
    const padded = await decrypt(inner, to.kind, client, stores)
    // A message without encryption is only ever a request to send another one again.
    const content = readContent(padded, inner.type === cipher.plaintext)
    if (!content) return ignored('the content is malformed')
    const { sender, device } = inner
    const updatedPni = updatedPniOf(envelope)
    return { kind: 'opened', opened: { sender, device, own: to.kind, timestamp, updatedPni, content } }
  } catch (cause) {
    if (isStorageFault(cause)) throw cause
    if (LibSignalErrorBase.is(cause, ErrorCode.DuplicatedMessage)) return ignored('it came before')
    throw new Undecryptable(inner, timestamp, cause)
  }
}

function outer(envelope: Envelope): Inner | string {
  const from = parseServiceId(envelope.sourceServiceIdBinary, envelope.sourceServiceId)
  if (from?.kind !== 'aci' || !isDevice(envelope.sourceDevice)) return 'it has no sender'
  const types: Record<number, CiphertextMessageType> = {
    [envelopeType.ratchet]: cipher.whisper,
    [envelopeType.prekey]: cipher.prekey,
    [envelopeType.plaintext]: cipher.plaintext,
  }
  const type = types[envelope.type]
  if (type === undefined) return `envelopes of type ${envelope.type} are not known`
  return { sender: from.uuid, device: envelope.sourceDevice, type, ciphertext: bytes(envelope.content) }
}

async function unseal(client: Client, envelope: Envelope, own: Own, unit: Unit): Promise<Inner | string> {
  if (own === 'pni') return 'sealed messages are not for numbers'
  const { identities } = storesOf(unit, client.account, own)
  const sealed = await sealedSenderDecryptToUsmc(bytes(envelope.content), identities)
  const certificate = sealed.senderCertificate()
  const at = Number(envelope.serverTimestamp) || Date.now()
  if (!certificate.validateWithTrustRoots([...client.service.trustRoots], at))
    return 'nobody vouches for the sender'
  const sender = certificate.senderAci()?.getServiceIdString()
  if (!sender || !isDevice(certificate.senderDeviceId())) return 'it has no sender'
  return {
    sender,
    device: certificate.senderDeviceId(),
    type: sealed.msgType(),
    ciphertext: sealed.contents(),
  }
}

async function decrypt(
  inner: Inner,
  own: Own,
  client: Client,
  stores: ReturnType<typeof storesOf>,
): Promise<Uint8Array> {
  const from = ProtocolAddress.new(inner.sender, inner.device)
  const { account } = client
  const local = ProtocolAddress.new(
    own === 'aci' ? account.aci : (account.pni ?? account.aci),
    account.device,
  )
  switch (inner.type) {
    case cipher.whisper:
      return await signalDecrypt(
        SignalMessage.deserialize(inner.ciphertext),
        from,
        local,
        stores.sessions,
        stores.identities,
      )
    case cipher.prekey:
      return await signalDecryptPreKey(
        PreKeySignalMessage.deserialize(inner.ciphertext),
        from,
        local,
        stores.sessions,
        stores.identities,
        stores.prekeys,
        stores.signed,
        stores.kyber,
      )
    case cipher.senderKey:
      return await groupDecrypt(from, stores.senderKeys, inner.ciphertext)
    case cipher.plaintext:
      return PlaintextContent.deserialize(inner.ciphertext).body()
    default:
      throw new Error(`ciphertexts of type ${inner.type} are not known`)
  }
}

function readContent(padded: Uint8Array, unencrypted: boolean): Content | undefined {
  try {
    const content = fromBinary(ContentSchema, unpad(padded))
    if (unencrypted && (content.data || content.sync || content.edit || content.decryptionError.length === 0))
      return undefined
    return content
  } catch {
    return undefined
  }
}

function updatedPniOf(envelope: Envelope): string | undefined {
  if (envelope.updatedPniBinary.length > 0) return uuidOf(envelope.updatedPniBinary.subarray(-16))
  return parseServiceId(new Uint8Array(), envelope.updatedPni)?.uuid
}

const isDevice = (id: number): boolean => Number.isInteger(id) && id >= 1 && id <= 127
