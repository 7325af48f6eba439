// The one way out of a box: a proxy on its own socket, which is its identity.

import { randomBytes } from 'node:crypto'
import { chmodSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { CoopError, messageOf } from '../errors.ts'
import { createServer, request } from '../http/builtin.ts'
import type { Log } from '../log.ts'
import { dial, type Net } from './dial.ts'
import type { Egress } from './egress.ts'
import { giveToBox } from './stage.ts'

export interface ProxyOptions {
  /** Where the socket is made. */
  readonly folder: string
  readonly egress: Egress
  readonly net: Net
  readonly log: Log
}

export interface Door extends AsyncDisposable {
  readonly socket: string
  /** Connections that were let through so far. */
  passed(): number
}

const maxConnections = 128

/** Serves plain requests and CONNECT until disposed, which breaks what is still open. */
export async function openProxy(options: ProxyOptions): Promise<Door> {
  const { egress, net, log } = options
  const socket = join(options.folder, `${randomBytes(6).toString('hex')}.sock`)
  const ending = new AbortController()
  const open = new Set<Duplex>()
  const server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 0 })
  server.maxConnections = maxConnections
  server.on('connection', connection => {
    open.add(connection)
    connection.once('close', () => open.delete(connection))
  })
  let through = 0
  const closed = (host: string, sent: number, received: number) =>
    log.info({ host, sent, received }, 'egress')
  const refused = (host: string, error: unknown): [number, string] => {
    log.info({ host, reason: messageOf(error) }, 'egress refused')
    return error instanceof CoopError && error.code === 'egress_refused'
      ? [403, 'Forbidden']
      : [502, 'Bad Gateway']
  }

  server.on('connect', async (message: IncomingMessage, client: Duplex, head: Buffer) => {
    client.on('error', () => client.destroy())
    const target = authority(message.url ?? '')
    try {
      if (!target) throw new CoopError('egress_refused', 'not a host and port')
      const upstream = await dial(net, egress, target.host, target.port, ending.signal)
      through++
      if (client.destroyed) return void upstream.destroy()
      upstream.on('error', () => client.destroy())
      client.once('close', () => upstream.destroy())
      upstream.once('close', () => {
        closed(target.host, upstream.bytesWritten, upstream.bytesRead)
        client.destroy()
      })
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      if (head.length > 0) upstream.write(head)
      client.pipe(upstream).pipe(client)
    } catch (error) {
      const [status, text] = refused(target?.host ?? '', error)
      client.end(`HTTP/1.1 ${status} ${text}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
    }
  })

  server.on('request', async (message, response) => {
    const url = URL.canParse(message.url ?? '') ? new URL(message.url!) : undefined
    try {
      if (url?.protocol !== 'http:') throw new CoopError('egress_refused', 'not a web address')
      const upstream = await dial(net, egress, url.hostname, Number(url.port || 80), ending.signal)
      through++
      const headers = { ...message.headers, host: url.host, connection: 'close' }
      for (const name of ['proxy-connection', 'proxy-authorization'])
        delete (headers as Record<string, unknown>)[name]
      const onward = request(
        {
          method: message.method ?? 'GET',
          path: url.pathname + url.search,
          headers,
          createConnection: () => upstream,
        },
        answer => {
          response.writeHead(answer.statusCode ?? 502, answer.headers)
          answer.on('error', () => response.destroy())
          answer.pipe(response)
        },
      )
      upstream.once('close', () => closed(url.hostname, upstream.bytesWritten, upstream.bytesRead))
      onward.on('error', () => response.destroy())
      response.once('close', () => onward.destroy())
      message.pipe(onward)
    } catch (error) {
      const [status] = refused(url?.hostname ?? '', error)
      response.writeHead(status, { 'content-length': 0, connection: 'close' }).end()
    }
  })
  server.on('clientError', (_, client) => client.destroy())

  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socket, resolve))
  server.unref()
  chmodSync(socket, 0o600)
  giveToBox(socket)
  return {
    socket,
    passed: () => through,
    [Symbol.asyncDispose]: async () => {
      ending.abort()
      for (const connection of open) connection.destroy()
      await new Promise(resolve => server.close(resolve))
      rmSync(socket, { force: true })
    },
  }
}

/** "host:port" of a CONNECT. */
function authority(text: string): { host: string; port: number } | undefined {
  const found = /^([^\s:/@\\\0]+):(\d{1,5})$/.exec(text)
  const port = Number(found?.[2])
  return found && port > 0 && port < 65_536 ? { host: found[1]!, port } : undefined
}
