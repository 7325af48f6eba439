// Contents as the mock server's people write them, where it has no word of its own.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Device, EMPTY_DATA_MESSAGE, type PrimaryDevice, Proto } from '@signalapp/mock-server'
import { openBlob, sealBlob } from '../../../channels/signal/blob.ts'
import { fetchHttps } from '../../../channels/signal/https.ts'
import type { World } from './world.ts'

type Content = Proto.Content.Params
type Sync = NonNullable<Extract<Content['content'], { syncMessage: unknown }>['syncMessage']>

export const contentOf = (content: NonNullable<Content['content']>): Content => ({
  content,
  pniSignatureMessage: null,
  senderKeyDistributionMessage: null,
})

export const syncOf = (content: NonNullable<Sync['content']>): Sync => ({
  content,
  read: null,
  stickerPackOperation: null,
  viewed: null,
  padding: null,
})

type Sent = NonNullable<Extract<NonNullable<Sync['content']>, { sent: unknown }>['sent']>

/** What a phone tells the account's other devices of something that it sent. */
export const sentOf = (fields: Partial<Sent>): Content =>
  contentOf({
    syncMessage: syncOf({
      sent: {
        destinationE164: null,
        destinationServiceId: null,
        destinationServiceIdBinary: null,
        timestamp: null,
        message: null,
        expirationStartTimestamp: null,
        unidentifiedStatus: null,
        isRecipientUpdate: null,
        storyMessage: null,
        storyMessageRecipients: null,
        editMessage: null,
        ...fields,
      },
    }),
  })

/** A certificate for `device` that a stranger signed. */
export async function forgedCertificate(device: Device): Promise<unknown> {
  const lib = inMock()
  const root = lib.PrivateKey.generate()
  const key = lib.PrivateKey.generate()
  const server = lib.ServerCertificate.new(1, key.getPublicKey(), root)
  const identity = (await device.getIdentityKey()) as never
  return lib.SenderCertificate.new(
    device.aci,
    null,
    device.deviceId,
    identity,
    Date.now() + 3_600_000,
    server,
    key,
  )
}

/** An envelope in which `person` says that they could not read what we sent at `timestamp`. */
export async function resendRequest(
  person: PrimaryDevice,
  device: Device,
  timestamp: number,
): Promise<Buffer<ArrayBuffer>> {
  const { PrivateKey } = inMock()
  const ratchet = PrivateKey.generate().getPublicKey().serialize()
  const decryptionErrorMessage = Proto.DecryptionErrorMessage.encode({
    timestamp: BigInt(timestamp),
    deviceId: device.deviceId,
    ratchetKey: ratchet,
  })
  const plain = Buffer.concat([
    Buffer.from(Proto.Content.encode(contentOf({ decryptionErrorMessage }))),
    Buffer.from([0x80]),
  ])
  const template = Proto.Envelope.decode(await person.encryptText(device, 'unused', {}))
  const { PLAINTEXT_CONTENT } = Proto.Envelope.Type
  return Buffer.from(
    Proto.Envelope.encode({
      ...template,
      type: PLAINTEXT_CONTENT,
      content: Buffer.concat([Buffer.from([0xc0]), plain]),
    }),
  )
}

/** The protocol library that the mock server uses. */
const inMock = () =>
  createRequire(createRequire(import.meta.url).resolve('@signalapp/mock-server'))(
    '@signalapp/libsignal-client',
  ) as typeof import('@signalapp/libsignal-client')

/** A pointer to a file that somebody uploaded. */
export async function uploaded(
  world: Pick<World, 'server'>,
  plain: Uint8Array,
  facts: { contentType: string; fileName?: string; size?: number },
) {
  const { blob, secret, digest } = sealBlob(plain)
  const cdnKey = await inside(world).storeAttachment(Buffer.from(blob))
  return {
    ...({} as Proto.AttachmentPointer.Params),
    attachmentIdentifier: { cdnKey },
    cdnNumber: 2,
    key: secret,
    digest,
    size: facts.size ?? plain.length,
    contentType: facts.contentType,
    fileName: facts.fileName ?? null,
    flags: null,
    uploadTimestamp: null,
    thumbnail: null,
    incrementalMac: null,
    chunkSize: null,
    width: null,
    height: null,
    caption: null,
    blurHash: null,
    clientUuid: null,
  } satisfies Proto.AttachmentPointer.Params
}

const inside = (world: Pick<World, 'server'>) =>
  world.server as unknown as { storeAttachment(blob: Buffer): Promise<string> }

/** What a phone sends that says `fields`. */
export const message = (fields: Partial<Proto.DataMessage.Params>, timestamp: number) =>
  contentOf({ dataMessage: { ...EMPTY_DATA_MESSAGE, timestamp: BigInt(timestamp), ...fields } })

/** An envelope with `padded` as it stands inside an honest encryption. */
export async function rawEnvelope(
  person: PrimaryDevice,
  device: Device,
  padded: Uint8Array<ArrayBuffer>,
): Promise<Buffer<ArrayBuffer>> {
  const { signalEncrypt } = inMock()
  const { sessions, identity } = person as unknown as {
    sessions: Parameters<typeof signalEncrypt>[3]
    identity: Map<string, Parameters<typeof signalEncrypt>[4]>
  }
  const address = (of: Device) => of.address as unknown as Parameters<typeof signalEncrypt>[1]
  const message = await signalEncrypt(
    padded,
    address(device),
    address(person.device),
    sessions,
    identity.get('ACI')!,
  )
  const template = Proto.Envelope.decode(await person.encryptText(device, 'unused', {}))
  const { DOUBLE_RATCHET, PREKEY_MESSAGE } = Proto.Envelope.Type
  const type = Number(message.type()) === 3 ? PREKEY_MESSAGE : DOUBLE_RATCHET
  return Buffer.from(Proto.Envelope.encode({ ...template, type, content: Buffer.from(message.serialize()) }))
}

/** The bytes behind a pointer that we sent. */
export async function downloaded(
  world: Pick<World, 'settings' | 'port'>,
  pointer: Proto.AttachmentPointer,
): Promise<Buffer> {
  const { attachmentIdentifier, key, digest, size } = pointer
  const ca = readFileSync(world.settings.test_server!.ca, 'utf8')
  const url = `https://localhost:${world.port}/cdn3/attachments/${attachmentIdentifier?.cdnKey}`
  const answer = await fetchHttps({ method: 'GET', url, ca, mostBytes: 1_000_000 })
  if (answer.status !== 200) throw new Error(`the server answered ${answer.status}`)
  return Buffer.from(openBlob(answer.body, key!, digest!, size!))
}
