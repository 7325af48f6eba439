// Requests to Signal's storage and CDN hosts, which only Signal's own certificate authority vouches for.
import { request } from 'node:https'
import { type Bytes, bytes } from './bytes.ts'

export interface HttpsRequest {
  readonly method: 'GET' | 'PUT' | 'POST'
  readonly url: string
  readonly ca: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Longer answers are refused. */
  readonly mostBytes: number
}

export interface HttpsAnswer {
  readonly status: number
  readonly body: Bytes
  readonly location?: string
}

const timeoutMs = 60_000

/** Sends a request; resolves for every status, rejects when there is no answer or too long a one. */
export function fetchHttps(wanted: HttpsRequest, signal?: AbortSignal): Promise<HttpsAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpsAnswer>()
  const deadline = AbortSignal.timeout(timeoutMs)
  const sent = request(
    wanted.url,
    {
      method: wanted.method,
      ca: wanted.ca,
      headers: wanted.body
        ? { 'content-length': wanted.body.length, ...wanted.headers }
        : { ...wanted.headers },
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    },
    async answer => {
      try {
        const chunks: Buffer[] = []
        let size = 0
        for await (const chunk of answer as AsyncIterable<Buffer>) {
          size += chunk.length
          if (size > wanted.mostBytes) throw new Error(`the answer is longer than ${wanted.mostBytes} bytes`)
          chunks.push(chunk)
        }
        const { location } = answer.headers
        const body = bytes(Buffer.concat(chunks))
        resolve({ status: answer.statusCode ?? 0, body, ...(location === undefined ? {} : { location }) })
      } catch (cause) {
        answer.destroy()
        reject(cause)
      }
    },
  )
  sent.on('error', (cause: NodeJS.ErrnoException) => {
    // A connection that was kept and that the server had closed meanwhile: what only reads is asked again.
    const isStale = sent.reusedSocket && cause.code === 'ECONNRESET' && wanted.method === 'GET'
    if (isStale) resolve(fetchHttps(wanted, signal))
    else reject(cause)
  })
  sent.end(wanted.body)
  return promise
}
