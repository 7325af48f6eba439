// The contents that we send: messages, their copies for our other devices, receipts, typing, requests.
import { randomBytes, randomInt } from 'node:crypto'
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { IdentityKeyPair } from '@signalapp/libsignal-client'
import { concat } from './bytes.ts'
import type { Client } from './client.ts'
import {
  ContentSchema,
  type DataMessage,
  type DataMessageSchema,
  type SyncMessageSchema,
} from './generated/signal_pb.ts'
import { bytesOfUuid } from './ids.ts'
import { readPerson } from './store/people.ts'

type ContentInit = MessageInitShape<typeof ContentSchema>

const written = (content: ContentInit): Uint8Array => toBinary(ContentSchema, create(ContentSchema, content))

/** What a message to somebody says beside its text. */
export type MessageInit = Omit<
  MessageInitShape<typeof DataMessageSchema>,
  '$typeName' | 'timestamp' | 'profileKey'
>

/** A message. Our profile key goes with it only to people of the household; they can then write sealed. */
export function composeMessage(
  client: Client,
  timestamp: number,
  message: MessageInit,
  recipients: readonly string[],
): Uint8Array {
  const profileKey = recipients.every(client.knows) ? { profileKey: client.account.row.profile_key } : {}
  const data = { ...message, ...profileKey, timestamp: BigInt(timestamp) }
  const only = recipients.length === 1 ? recipients[0] : undefined
  const proof = only !== undefined && readPerson(client.db, only).via_pni ? pniSignature(client) : undefined
  return written({ data, ...(proof ? { pniSignature: proof } : {}) })
}

/** The copy that our other devices get of what was sent to `destination`, or to a group. */
export function composeTranscript(
  content: Uint8Array,
  timestamp: number,
  destination: string | undefined,
  recipients: readonly { readonly recipient: string; readonly sealed: boolean }[],
): Uint8Array {
  const { data, edit } = fromBinary(ContentSchema, content)
  return sync({
    sent: {
      timestamp: BigInt(timestamp),
      ...(data ? { message: data } : {}),
      ...(edit ? { edit } : {}),
      ...(destination === undefined ? {} : { destinationServiceIdBinary: bytesOfUuid(destination) }),
      unidentified: recipients.map(({ recipient, sealed }) => ({
        destinationServiceIdBinary: bytesOfUuid(recipient),
        unidentified: sealed,
      })),
    },
  })
}

const receiptType = { delivery: 0, read: 1 } as const

export const composeReceipt = (type: keyof typeof receiptType, timestamps: readonly number[]): Uint8Array =>
  written({ receipt: { type: receiptType[type], timestamps: timestamps.map(BigInt) } })

export const composeTyping = (timestamp: number, groupId?: Uint8Array): Uint8Array =>
  written({ typing: { timestamp: BigInt(timestamp), action: 0, ...(groupId ? { groupId } : {}) } })

export const composeRead = (
  messages: readonly { readonly sender: string; readonly timestamp: number }[],
): Uint8Array =>
  sync({
    read: messages.map(({ sender, timestamp }) => ({
      senderAciBinary: bytesOfUuid(sender),
      timestamp: BigInt(timestamp),
    })),
  })

export const composeRequest = (type: number): Uint8Array => sync({ request: { type } })

/** The data message inside sent content, an edit's included. */
export function dataOf(content: Uint8Array): DataMessage | undefined {
  const { data, edit } = fromBinary(ContentSchema, content)
  return data ?? edit?.data
}

const sync = (message: MessageInitShape<typeof SyncMessageSchema>): Uint8Array =>
  written({ sync: { ...message, padding: randomBytes(randomInt(1, 513)) } })

/** Proves to somebody who wrote to our number that the account and the number are one. */
function pniSignature(client: Client) {
  const { row } = client.account
  if (!row.pni || !row.pni_identity) return undefined
  const ours = IdentityKeyPair.deserialize(client.account.identity('aci'))
  const signature = IdentityKeyPair.deserialize(client.account.identity('pni')).signAlternateIdentity(
    ours.publicKey,
  )
  return { pni: concat(bytesOfUuid(row.pni)), signature }
}
