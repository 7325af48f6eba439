// Requests to a tool server's address: to where the gateway's rules let them go, each on its own connection.
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { isIP, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { connect as secure } from 'node:tls'
import type { FetchLike } from '@modelcontextprotocol/client'
import { dial, type Net } from '../box/dial.ts'
import { CoopError, messageOf } from '../errors.ts'
import { request } from '../http/builtin.ts'
import type { Address } from './server.ts'

/** Bytes of one answer, a stream of events too. */
const maxAnswer = 32 * 1024 * 1024
const emptyStatus = new Set([101, 103, 204, 205, 304])

/** A `fetch` that dials public hosts alone, and the server's own host if the owner allowed it to be private. */
export function fetchFor(address: Address, net: Net): FetchLike {
  const ownHost = address.url.hostname
  const trusted = (host: string) =>
    address.ca !== undefined && host === ownHost ? [authorityIn(address.ca)] : net.authorities
  return async (input, init) => {
    const url = new URL(input)
    const signal = init?.signal ?? new AbortController().signal
    const encrypted = url.protocol === 'https:'
    if (!encrypted && url.protocol !== 'http:')
      throw new CoopError('egress_refused', `${url.protocol} is no web address.`)
    const authorities = encrypted ? trusted(url.hostname) : undefined
    const port = Number(url.port || (encrypted ? 443 : 80))
    const plain =
      address.private && url.hostname === ownHost
        ? await dialOwn(net, url.hostname, port, signal)
        : await dial(net, { kind: 'open' }, url.hostname, port, signal)
    const socket = encrypted
      ? secure({
          socket: plain,
          ...(isIP(bare(url.hostname)) ? {} : { servername: url.hostname }),
          ALPNProtocols: ['http/1.1'],
          ...(authorities ? { ca: [...authorities] } : {}),
        })
      : plain
    // A reset after the last byte is nobody's concern.
    for (const end of [plain, socket]) end.on('error', () => {})
    try {
      return responseOf(await exchange(url, init ?? {}, socket, signal))
    } catch (error) {
      throw untrusted(error) ?? error
    }
  }
}

async function dialOwn(net: Net, hostname: string, port: number, signal: AbortSignal): Promise<Socket> {
  const host = bare(hostname)
  const [address] = isIP(host) ? [host] : await net.resolve(host)
  if (address === undefined) throw new CoopError('egress_refused', `${host} has no address.`)
  signal.throwIfAborted()
  const socket = net.connect(address, port)
  const abort = () => socket.destroy(new CoopError('aborted', 'The connection was stopped.'))
  signal.addEventListener('abort', abort, { once: true })
  socket.once('close', () => signal.removeEventListener('abort', abort))
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return socket
}

async function exchange(
  url: URL,
  init: RequestInit,
  socket: Socket,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const headers = new Headers(init.headers)
  headers.set('host', url.host)
  headers.set('connection', 'close')
  headers.set('accept-encoding', 'identity')
  if (init.body instanceof URLSearchParams && !headers.has('content-type'))
    headers.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8')
  const body = init.body === undefined || init.body === null ? undefined : Buffer.from(String(init.body))
  if (body) headers.set('content-length', String(body.length))
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    request(
      {
        method: init.method ?? 'GET',
        path: url.pathname + url.search,
        headers: Object.fromEntries(headers),
        createConnection: () => socket,
        signal,
      },
      resolve,
    )
      .on('error', reject)
      .end(body)
  })
}

function responseOf(answer: IncomingMessage): Response {
  const status = answer.statusCode ?? 502
  const headers = new Headers()
  for (const [name, value] of Object.entries(answer.headers))
    for (const each of [value ?? []].flat()) headers.append(name, each)
  if (emptyStatus.has(status)) {
    answer.resume()
    return new Response(null, { status, headers })
  }
  const body = Readable.toWeb(Readable.from(limited(answer))) as ReadableStream<Uint8Array>
  return new Response(body, { status: status < 200 || status > 599 ? 502 : status, headers })
}

async function* limited(answer: IncomingMessage): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxAnswer) throw new CoopError('tool_server_failed', 'The answer is too long.')
    yield chunk
  }
}

const bare = (host: string): string => host.replace(/^\[|\]$/g, '')

function authorityIn(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new CoopError('tool_server_failed', `its ca ${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
}

/** A certificate of somebody’s own is the usual reason in a house, and its message names no remedy. */
function untrusted(error: unknown): CoopError | undefined {
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code !== 'string' || !/SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)/.test(code)) return undefined
  return new CoopError(
    'tool_server_failed',
    `its certificate is not trusted (${messageOf(error)}); if it is of your own, name its authority as ca`,
    { cause: error },
  )
}
