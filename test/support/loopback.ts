// An HTTP server on a free loopback port, for the fakes that speak a platform's wire protocol.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'

export interface Loopback extends AsyncDisposable {
  readonly url: string
  readonly port: number
}

/** Serves `answer` until disposed. A throw ends the request with 500, so that a broken fake is seen. */
export async function openLoopback(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  tls?: { readonly cert: string; readonly key: string },
): Promise<Loopback> {
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    response.on('error', () => {})
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else response.writeHead(500).end(String(error))
    })
  }
  const server = tls ? createSecureServer({ ...tls }, listener) : createServer(listener)
  server.keepAliveTimeout = 60_000
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A port of this machine that nobody has taken at the moment. */
export async function freePort(): Promise<number> {
  await using server = await openLoopback(async () => {})
  return server.port
}

/** Milliseconds since 1970, with fractions. */
export const clock = (): number => performance.timeOrigin + performance.now()

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
