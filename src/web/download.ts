// One page over HTTP: every redirect judged anew, nothing private dialled, never more than was asked for.
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { connect as secure } from 'node:tls'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { dial, type Net } from '../box/dial.ts'
import type { Egress } from '../box/egress.ts'
import { CoopError, messageOf } from '../errors.ts'
import { request } from '../http/builtin.ts'

export interface DownloadLimits {
  /** Bytes after unpacking; what is beyond is not read. */
  readonly maxBytes: number
  readonly timeoutMs: number
}

export interface Download {
  readonly url: URL
  /** Without parameters, in small letters. */
  readonly type: string
  readonly charset: string | undefined
  readonly bytes: Buffer
  /** There was more. */
  readonly cut: boolean
}

const maxRedirects = 5
const redirects = new Set([301, 302, 303, 307, 308])

/** Throws `egress_refused` for where it may not go, `input_invalid` for what is no page. */
export async function download(
  net: Net,
  egress: Egress,
  address: string,
  limits: DownloadLimits,
  signal: AbortSignal,
): Promise<Download> {
  const timeout = AbortSignal.timeout(limits.timeoutMs)
  const either = AbortSignal.any([signal, timeout])
  let url = webAddress(address)
  try {
    for (let hop = 0; hop <= maxRedirects; hop++) {
      const answer = await get(net, egress, url, either)
      const status = answer.statusCode ?? 0
      const location = answer.headers.location
      if (!redirects.has(status) || location === undefined) return await received(answer, url, limits, either)
      answer.destroy()
      url = webAddress(location, url)
    }
  } catch (error) {
    if (signal.aborted) throw new CoopError('aborted', 'The fetch was stopped.')
    if (timeout.aborted)
      throw new CoopError('input_invalid', `${url.host} took longer than ${limits.timeoutMs / 1000} s.`)
    if (error instanceof CoopError) throw error
    throw new CoopError('input_invalid', `${url.host} cannot be read: ${messageOf(error)}`, { cause: error })
  }
  throw new CoopError('input_invalid', `${address} redirects more than ${maxRedirects} times.`)
}

function webAddress(text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base?.href) : undefined
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new CoopError('input_invalid', `${text.slice(0, 200)} is no http or https address.`)
  }
  if (url.username || url.password)
    throw new CoopError('input_invalid', 'An address with a password in it is not fetched.')
  return url
}

async function get(net: Net, egress: Egress, url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const encrypted = url.protocol === 'https:'
  const plain = await dial(net, egress, url.hostname, Number(url.port || (encrypted ? 443 : 80)), signal)
  const socket = encrypted
    ? secure({
        socket: plain,
        servername: url.hostname,
        ALPNProtocols: ['http/1.1'],
        ...(net.authorities ? { ca: [...net.authorities] } : {}),
      })
    : plain
  return new Promise((resolve, reject) => {
    const headers = {
      host: url.host,
      accept: 'text/markdown, text/html;q=0.9, text/*;q=0.8, application/json;q=0.8, */*;q=0.1',
      'accept-encoding': 'gzip, deflate, br, zstd',
      'user-agent': 'Mozilla/5.0 (compatible; Coop)',
      connection: 'close',
    }
    socket.once('error', reject)
    request({ path: url.pathname + url.search, headers, createConnection: () => socket, signal }, resolve)
      .on('error', reject)
      .end()
  })
}

async function received(
  answer: IncomingMessage,
  url: URL,
  limits: DownloadLimits,
  signal: AbortSignal,
): Promise<Download> {
  const status = answer.statusCode ?? 0
  const kind = answer.headers['content-type'] ?? 'text/plain'
  const type = kind.split(';')[0]!.trim().toLowerCase()
  if (status < 200 || status > 299) {
    answer.destroy()
    throw new CoopError('not_found', `${url.href} answered with status ${status}.`)
  }
  if (!/^text\/|[/+](?:json|xml|javascript)$/.test(type)) {
    answer.destroy()
    throw new CoopError('input_invalid', `${url.href} is ${type}, not a text.`)
  }
  const chunks: Buffer[] = []
  let size = 0
  let cut = false
  const stream = unpacked(answer)
  // Breaking off ends the download, the unpacking and the connection together.
  for await (const chunk of stream.iterator({ destroyOnReturn: true })) {
    signal.throwIfAborted()
    const left = limits.maxBytes - size
    size += chunk.length
    chunks.push(chunk.subarray(0, left))
    if (size > limits.maxBytes) {
      cut = true
      break
    }
  }
  answer.destroy()
  const charset = /charset\s*=\s*"?([\w-]+)/i.exec(kind)?.[1]
  return { url, type, charset, bytes: Buffer.concat(chunks), cut }
}

function unpacked(answer: IncomingMessage): Readable {
  const unpackers = {
    gzip: createGunzip,
    'x-gzip': createGunzip,
    deflate: createInflate,
    br: createBrotliDecompress,
    zstd: createZstdDecompress,
  }
  const encoding = (answer.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (encoding === 'identity' || encoding === '') return answer
  const make = unpackers[encoding as keyof typeof unpackers]
  if (!make) throw new CoopError('input_invalid', `The page is packed as ${encoding}, which is not known.`)
  const unpacker = make()
  answer.on('error', error => unpacker.destroy(error))
  return answer.pipe(unpacker)
}
