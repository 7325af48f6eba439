// The client's half of the protocol: requests with their answers, events as they come.
import { connect, type Socket } from 'node:net'
import { CoopError, type FaultCode, faults } from '../errors.ts'
import type { SequencedEvent } from './events.ts'
import { frame, frames, maxFrameBytes } from './framing.ts'
import type { Method, Params, Results, RpcResponse } from './messages.ts'

export interface Client extends Disposable {
  /** Throws a `CoopError` for what the gateway refuses, and `gateway_unreachable` when it is gone. */
  call<M extends Method>(method: M, params: Params<M>): Promise<Results[M]>
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>
}

/** Connects to the gateway's socket. Throws `gateway_unreachable` when nobody listens. */
export async function connectClient(path: string, onEvent: (event: SequencedEvent) => void): Promise<Client> {
  const socket = await open(path)
  const waiting = new Map<number, { resolve: (result: never) => void; reject: (error: unknown) => void }>()
  let nextId = 1
  const gone = () =>
    new CoopError('gateway_unreachable', 'The gateway closed the connection; start it with `coop start`.')

  const closed = (async () => {
    try {
      for await (const part of frames(socket, Number.MAX_SAFE_INTEGER)) {
        if (part.kind === 'line') take(JSON.parse(part.text))
      }
    } catch {
      // A broken connection ends like a closed one: what waits is told below.
    }
    for (const { reject } of waiting.values()) reject(gone())
    waiting.clear()
  })()

  function take(message: RpcResponse & { method?: string; params?: SequencedEvent }): void {
    if (message.method === 'event' && message.params) return onEvent(message.params)
    const call = typeof message.id === 'number' ? waiting.get(message.id) : undefined
    if (!call) return
    waiting.delete(message.id as number)
    if (message.error) call.reject(faultOf(message.error))
    else call.resolve(message.result as never)
  }

  return {
    closed,
    call: (method, params) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed || !socket.writable) return reject(gone())
        const id = nextId++
        const request = frame({ jsonrpc: '2.0', id, method, params })
        const size = Buffer.byteLength(request)
        if (size > maxFrameBytes) return reject(tooLong(size))
        waiting.set(id, { resolve, reject })
        socket.write(request)
      }),
    [Symbol.dispose]: () => void socket.destroy(),
  }
}

const tooLong = (bytes: number): CoopError =>
  new CoopError(
    'input_invalid',
    `The message is too long: ${bytes} bytes, and one may have ${maxFrameBytes} bytes. Send it in parts.`,
  )

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      socket.on('error', () => {})
      resolve(socket)
    })
    socket.once('error', cause =>
      reject(
        new CoopError(
          'gateway_unreachable',
          (cause as NodeJS.ErrnoException).code === 'EACCES'
            ? 'The gateway of this home belongs to another user of this machine; run Coop as that user.'
            : 'No gateway is running on this home; start one with `coop start`.',
          { cause },
        ),
      ),
    )
  })
}

function faultOf(error: NonNullable<RpcResponse['error']>): CoopError {
  const code = error.data?.fault
  return new CoopError(
    code !== undefined && code in faults ? (code as FaultCode) : 'protocol_invalid',
    error.message,
  )
}
