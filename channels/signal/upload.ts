// Puts attachments on the CDN and says where they are.
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { Net } from '@signalapp/libsignal-client'
import type { Outbound } from '../../src/channel.ts'
import { type SealedBlob, sealBlob } from './blob.ts'
import { type Chats, type Client, connected } from './client.ts'
import type { AttachmentPointerSchema } from './generated/signal_pb.ts'
import { fetchHttps, type HttpsAnswer, type HttpsRequest } from './https.ts'

export type PointerInit = MessageInitShape<typeof AttachmentPointerSchema>

/** The type that marks an attachment as the rest of a long text. */
export const longTextType = 'text/x-signal-plain'
const mostBodyBytes = 2_048

/** Encrypts and uploads one file. */
async function upload(
  client: Client,
  file: { readonly bytes: Uint8Array; readonly mime: string; readonly name?: string },
  signal: AbortSignal,
): Promise<PointerInit> {
  const sealed = sealBlob(file.bytes)
  const form = await formsOf(connected(client)).getUploadForm(
    { uploadSize: BigInt(sealed.blob.length) },
    { abortSignal: signal },
  )
  await put(client, form.cdn, form.signedUploadUrl.href, Object.fromEntries(form.headers), sealed, signal)
  return {
    id: { case: 'cdnKey', value: form.key },
    cdnNumber: form.cdn,
    contentType: file.mime,
    key: sealed.secret,
    digest: sealed.digest,
    size: file.bytes.length,
    uploadTimestamp: BigInt(Date.now()),
    ...(file.name === undefined ? {} : { fileName: file.name }),
  }
}

/** The library adds this call to the connection in a way that its types do not follow. */
const formsOf = ({ auth }: Chats): Pick<Net.AuthMessagesService, 'getUploadForm'> =>
  auth as unknown as Pick<Net.AuthMessagesService, 'getUploadForm'>

/** A text and what hangs on it as message fields: what is too long for a body goes as an attachment. */
export async function uploadParts(
  client: Client,
  text: string,
  files: Outbound['attachments'],
  signal: AbortSignal,
): Promise<{ readonly body: string; readonly attachments: readonly PointerInit[] }> {
  const attachments: PointerInit[] = []
  const whole = Buffer.from(text, 'utf8')
  if (whole.length > mostBodyBytes)
    attachments.push(await upload(client, { bytes: whole, mime: longTextType }, signal))
  for (const file of files ?? []) attachments.push(await upload(client, file, signal))
  return { body: whole.length > mostBodyBytes ? beginning(whole) : text, attachments }
}

/** As much of the text as a body may hold, cut between characters. */
function beginning(whole: Uint8Array): string {
  return new TextDecoder().decode(whole.subarray(0, mostBodyBytes), { stream: true })
}

/** CDN 3 takes the bytes in one request of the resumable-upload protocol (tus 1.0); CDN 2 first says where to. */
async function put(
  client: Client,
  cdn: number,
  url: string,
  headers: Record<string, string>,
  { blob }: SealedBlob,
  signal: AbortSignal,
): Promise<void> {
  const send = async (request: Omit<HttpsRequest, 'ca' | 'mostBytes'>): Promise<HttpsAnswer> => {
    const answer = await fetchHttps({ ...request, ca: client.service.ca, mostBytes: 64 * 1024 }, signal)
    if (answer.status < 200 || answer.status > 299)
      throw new Error(`the upload was refused (${answer.status})`)
    return answer
  }
  if (cdn === 3) {
    const tus = {
      'tus-resumable': '1.0.0',
      'upload-length': String(blob.length),
      'content-type': 'application/offset+octet-stream',
    }
    await send({ method: 'POST', url, headers: { ...headers, ...tus }, body: blob })
    return
  }
  const begun = await send({
    method: 'POST',
    url,
    headers: { ...headers, 'content-type': 'application/octet-stream' },
    body: new Uint8Array(),
  })
  if (!begun.location) throw new Error('the upload was begun, but not where')
  await send({
    method: 'PUT',
    url: begun.location,
    headers: { 'content-type': 'application/octet-stream' },
    body: blob,
  })
}
