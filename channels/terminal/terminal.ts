// The terminal channel: live clients over a Unix socket, speaking the client protocol.
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import type { Channel, ChannelState, Control, Inbound, SendResult } from '../../src/channel.ts'
import { CoopError, messageOf } from '../../src/errors.ts'
import type { Log } from '../../src/log.ts'
import { openIntake } from '../intake.ts'
import { openConnection } from './connection.ts'

export interface TerminalOptions {
  readonly socket: string
  readonly control: Control
  readonly log: Log
}

/** Bytes of an attached file. */
const maxFileBytes = 20_000_000

/** Listens on the socket from the start, so that a client finds it as soon as the gateway is ready. */
export async function createTerminal(options: TerminalOptions): Promise<Channel> {
  const intake = openIntake<Inbound>()
  const sockets = new Set<Socket>()
  let state: ChannelState = { kind: 'starting' }

  const server: Server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    openConnection(socket, options.control, intake.offer)
      .catch(error => options.log.warn({ err: { message: messageOf(error) } }, 'a client’s connection broke'))
      .finally(() => {
        sockets.delete(socket)
        socket.destroy()
      })
  })
  await bind(server, options.socket)
  state = { kind: 'connected' }

  return {
    name: 'terminal',
    capabilities: { maxTextLength: 1_000_000, exactlyOnce: true, groups: false, local: true },
    listen: (signal: AbortSignal): AsyncIterable<readonly Inbound[]> => intake.batches(signal),
    // A client reads its session's stored events, this text among them: it has arrived by being stored.
    send: async (): Promise<SendResult> => ({ kind: 'sent' }),
    async fetch({ handle }, signal) {
      const { size } = await stat(handle)
      if (size > maxFileBytes) throw new Error(`it is larger than ${maxFileBytes / 1e6} MB`)
      return readFile(handle, { signal })
    },
    state: () => state,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>(resolve => server.close(() => resolve()))
      rmSync(options.socket, { force: true })
    },
  }
}

/** The gateway holds its home's lock, so a socket that lies there is a dead one's. */
async function bind(server: Server, path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  rmSync(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause =>
      reject(
        new CoopError(
          'file_unreadable',
          `The socket ${path} cannot be made (${messageOf(cause)}); the path may be too long or not yours.`,
          { cause },
        ),
      ),
    )
    server.listen(path, resolve)
  })
  chmodSync(path, 0o600)
}
