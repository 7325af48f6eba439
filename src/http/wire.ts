// What the adapters of providers and channels need of fetch, on Node's own client, which costs a third of it.
import type { IncomingMessage } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { Agent, request } from './builtin.ts'

/** The part of fetch's init that the adapters use: a body is text, bytes or a stream of them. */
export interface WireInit {
  readonly method?: string | undefined
  readonly headers?: ConstructorParameters<typeof Headers>[0]
  readonly body?: unknown
  readonly signal?: AbortSignal | null | undefined
}

/** The part of fetch's Response that the adapters use; the body is a stream of bytes. */
export interface WireResponse {
  readonly ok: boolean
  readonly status: number
  readonly statusText: string
  readonly headers: Headers
  readonly url: string
  readonly body: IncomingMessage
  text(): Promise<string>
  json(): Promise<unknown>
}

export type Wire = (url: string | URL, init?: WireInit) => Promise<WireResponse>

/** Opens a client that keeps its connections for the next request. A redirect is an answer like any other. */
export function openWire(): Wire {
  const plain = new Agent({ keepAlive: true })
  let secure: ReturnType<typeof secureAgent> | undefined
  return (url, init = {}) =>
    new Promise((resolve, reject) => {
      const target = new URL(url)
      const { body, signal } = init
      // Encoded once: of a text, its length and its bytes would each be worked out again on the way.
      const bytes = typeof body === 'string' ? Buffer.from(body) : body
      if (bytes && !(bytes instanceof Uint8Array) && !(bytes instanceof Readable))
        throw new TypeError('the body of a request is text, bytes or a stream')
      const headers = plainly(init.headers)
      if (bytes instanceof Uint8Array) headers['content-length'] = String(bytes.length)
      const options = { method: init.method ?? 'GET', headers }
      const sent =
        target.protocol === 'https:'
          ? https().request(target, { ...options, agent: (secure ??= secureAgent()) })
          : request(target, { ...options, agent: plain })
      const abort = () => sent.destroy(new DOMException('This operation was aborted', 'AbortError'))
      if (signal?.aborted) abort()
      signal?.addEventListener('abort', abort, { once: true })
      sent.on('close', () => signal?.removeEventListener('abort', abort))
      sent.on('error', reject)
      sent.on('response', response => resolve(responseOf(response, target.href)))
      if (bytes instanceof Readable) pipeline(bytes, sent, error => error && sent.destroy(error))
      else sent.end(bytes ?? undefined)
    })
}

/** Loaded when an address asks for it. */
const https = () => process.getBuiltinModule('node:https')
const secureAgent = () => new (https().Agent)({ keepAlive: true })

/** Names in lower case. The first use of the global Headers loads all of undici, so it is left to who asks for it. */
function plainly(given: WireInit['headers'] = {}): Record<string, string> {
  const pairs = Symbol.iterator in given ? given : Object.entries(given)
  return Object.fromEntries(Array.from(pairs, ([name, value]) => [String(name).toLowerCase(), String(value)]))
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, values] of Object.entries(headersDistinct))
    for (const value of values ?? []) headers.append(name, value)
  return headers
}

function responseOf(body: IncomingMessage, url: string): WireResponse {
  let headers: Headers | undefined
  const status = body.statusCode ?? 0
  const text = () => textOf(body)
  return {
    ok: status >= 200 && status < 300,
    status,
    statusText: body.statusMessage ?? '',
    get headers() {
      return (headers ??= headersOf(body))
    },
    url,
    body,
    text,
    json: async () => JSON.parse(await text()),
  }
}
