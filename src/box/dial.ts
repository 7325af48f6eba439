// From a judged name to a connection: resolved once, private answers refused, that address dialled.
import { promises as dns } from 'node:dns'
import { connect, type Socket } from 'node:net'
import { CoopError } from '../errors.ts'
import { type Egress, isPublicAddress, judgeHost } from './egress.ts'

/** The door to the network; tests hand in their own. */
export interface Net {
  /** Every address of a name. */
  readonly resolve: (host: string) => Promise<readonly string[]>
  readonly connect: (address: string, port: number) => Socket
  /** Certificates to trust instead of the usual authorities. */
  readonly authorities?: readonly string[]
}

export const internet: Net = {
  resolve: async host => (await dns.lookup(host, { all: true })).map(found => found.address),
  connect: (address, port) => connect({ host: address, port, autoSelectFamily: false }),
}

/** A connected socket to `host`. Throws `egress_refused` before anything is sent to where it may not. */
export async function dial(
  net: Net,
  egress: Egress,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<Socket> {
  const verdict = judgeHost(egress, host, port)
  if (verdict.kind === 'refuse') throw new CoopError('egress_refused', `${host}: ${verdict.reason}.`)
  const addresses = await net.resolve(verdict.host)
  // One private answer among public ones is a rebinding attempt or a mistake; both end here.
  if (addresses.length === 0 || !addresses.every(isPublicAddress)) {
    throw new CoopError('egress_refused', `${host} is at an address of a private network.`)
  }
  signal.throwIfAborted()
  const socket = net.connect(addresses[0]!, port)
  const abort = () => socket.destroy(new CoopError('aborted', 'The connection was stopped.'))
  signal.addEventListener('abort', abort, { once: true })
  socket.once('close', () => signal.removeEventListener('abort', abort))
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return socket
}
