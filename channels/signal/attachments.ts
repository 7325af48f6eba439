// Fetching what an attachment pointer names.

import { openBlob, paddedSize } from './blob.ts'
import { type Bytes, bytes, fromBase64 } from './bytes.ts'
import type { Client } from './client.ts'
import type { AttachmentPointer } from './generated/signal_pb.ts'
import { fetchHttps } from './https.ts'

/** All that is needed to fetch and open an attachment later; what `Attachment.handle` says. */
export interface BlobHandle {
  readonly cdn: number
  readonly key: string
  /** Base64. */
  readonly secret: string
  readonly digest: string
  readonly size: number
}

export const handleOf = (pointer: AttachmentPointer): BlobHandle => ({
  cdn: pointer.cdnNumber,
  key: String(pointer.id.value ?? ''),
  secret: Buffer.from(pointer.key).toString('base64'),
  digest: Buffer.from(pointer.digest).toString('base64'),
  size: pointer.size,
})

export const fetchBlob = (client: Client, pointer: AttachmentPointer, mostBytes: number): Promise<Bytes> =>
  fetchHandle(client, handleOf(pointer), mostBytes)

/** Fetches and opens an attachment. Rejects when it is gone, too large, or not what was sent. */
export async function fetchHandle(
  client: Client,
  handle: BlobHandle,
  mostBytes: number,
  signal?: AbortSignal,
): Promise<Bytes> {
  const { service } = client
  const base = service.cdnUrl(handle.cdn)
  if (!base || !/^[\w./-]{1,200}$/.test(handle.key))
    throw new Error('the attachment is on a host that is not known')
  if (handle.size > mostBytes) throw new Error(`the attachment is larger than ${mostBytes} bytes`)
  const url = `${base}/attachments/${handle.key}`
  const limit = paddedSize(mostBytes) + 1024
  const answer = await fetchHttps({ method: 'GET', url, ca: service.ca, mostBytes: limit }, signal)
  if (answer.status !== 200) throw new Error(`the attachment cannot be had (${answer.status})`)
  return openBlob(bytes(answer.body), fromBase64(handle.secret), fromBase64(handle.digest), handle.size)
}
