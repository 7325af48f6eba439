// Files that people sent: asked for by id, then loaded, within what a bot may have.
import type { Api } from 'grammy'
import type { Attachment } from '../../src/channel.ts'
import { readBounded } from '../download.ts'

const maxDownloadBytes = 20_000_000

/** The bytes of a file. Throws a sentence that says why not; it never holds the address, which holds the token. */
export async function fetchFile(
  api: Api,
  apiRoot: string,
  { handle, name, size }: Attachment,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (size !== undefined && size > maxDownloadBytes)
    throw new Error(`${name} is larger than the 20 MB that Telegram lets a bot have`)
  const { file_path: path } = await api.getFile(handle, signal as never)
  if (!path) throw new Error(`Telegram no longer has ${name}`)
  return readBounded(`${apiRoot}/file/bot${api.token}/${path}`, { name, maxBytes: maxDownloadBytes, signal })
}
