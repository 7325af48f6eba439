// A small internet on loopback: names resolve to public addresses that are really local servers.
import { createServer, type RequestListener } from 'node:http'
import { connect } from 'node:net'
import type { Net } from '../../src/box/dial.ts'

export interface Internet extends AsyncDisposable {
  readonly net: Net
  readonly port: number
  /** Every name that was looked up. */
  readonly resolved: string[]
  /** Every address that was dialled. */
  readonly dialled: string[]
}

/** `addresses` are what names resolve to; all others are at one public address. */
export async function openInternet(
  answer: RequestListener,
  addresses: Record<string, string[]> = {},
): Promise<Internet> {
  const server = createServer(answer)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const resolved: string[] = []
  const dialled: string[] = []
  return {
    port,
    resolved,
    dialled,
    net: {
      resolve: async host => {
        resolved.push(host)
        return addresses[host] ?? ['93.184.215.14']
      },
      connect: address => {
        dialled.push(address)
        return connect(port, '127.0.0.1')
      },
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
