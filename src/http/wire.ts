// What the adapters of providers and channels need of fetch, on Node's own client, which costs a third of it.
import type { IncomingMessage } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
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
  const secure = new SecureAgent({ keepAlive: true })
  return (url, init = {}) =>
    new Promise((resolve, reject) => {
      const target = new URL(url)
      const { body, signal } = init
      // Encoded once: of a text, its length and its bytes would each be worked out again on the way.
      const bytes = typeof body === 'string' ? Buffer.from(body) : body
      if (bytes && !(bytes instanceof Uint8Array) && !(bytes instanceof Readable))
        throw new TypeError('the body of a request is text, bytes or a stream')
      const headers = Object.fromEntries(new Headers(init.headers))
      if (bytes instanceof Uint8Array) headers['content-length'] = String(bytes.length)
      const options = { method: init.method ?? 'GET', headers }
      const sent =
        target.protocol === 'https:'
          ? secureRequest(target, { ...options, agent: secure })
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

function responseOf(body: IncomingMessage, url: string): WireResponse {
  const headers = new Headers()
  for (const [name, values] of Object.entries(body.headersDistinct))
    for (const value of values ?? []) headers.append(name, value)
  const status = body.statusCode ?? 0
  const text = () => textOf(body)
  return {
    ok: status >= 200 && status < 300,
    status,
    statusText: body.statusMessage ?? '',
    headers,
    url,
    body,
    text,
    json: async () => JSON.parse(await text()),
  }
}
