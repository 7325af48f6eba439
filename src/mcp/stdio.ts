// Carries protocol messages over a served program's input and output, one JSON object a line.
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client'
import type { Served } from '../box/serve.ts'
import { CoopError } from '../errors.ts'

/** Bytes of one message; a program that writes more without an end of line is ended. */
const maxMessage = 8 * 1024 * 1024
const newline = 10

/** A transport that ends its program when it is closed. `parse` throws for what is no message. */
export function stdioTransport(served: Served, parse: (value: unknown) => JSONRPCMessage): Transport {
  let parts: Buffer[] = []
  let size = 0
  let over = false
  const transport: Transport = {
    async start() {
      served.stdout.on('data', (chunk: Buffer) => take(chunk))
      void served.ended.then(finish)
    },
    send: message =>
      new Promise((resolve, reject) => {
        if (over) return reject(new CoopError('tool_server_failed', 'the program has ended'))
        served.stdin.write(`${JSON.stringify(message)}\n`, error => (error ? reject(error) : resolve()))
      }),
    async close() {
      await served[Symbol.asyncDispose]()
      finish()
    },
  }
  return transport

  function finish(): void {
    if (over) return
    over = true
    transport.onclose?.()
  }

  function take(chunk: Buffer): void {
    let from = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      parts.push(chunk.subarray(from, end))
      const line = Buffer.concat(parts).toString()
      parts = []
      size = 0
      from = end + 1
      read(line)
    }
    const rest = chunk.subarray(from)
    size += rest.length
    if (size > maxMessage) {
      parts = []
      transport.onerror?.(new Error('a message is too long'))
      void transport.close()
    } else if (rest.length > 0) parts.push(rest)
  }

  /** What is no message is the program's chatter, and ignored. */
  function read(line: string): void {
    if (over) return
    let message: JSONRPCMessage
    try {
      message = parse(JSON.parse(line))
    } catch {
      return
    }
    transport.onmessage?.(message)
  }
}
