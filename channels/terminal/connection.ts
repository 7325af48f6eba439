// One client's connection: JSON-RPC requests in, results and events out.
import type { Socket } from 'node:net'
import type { Attachment, Control, ControlMethod, Inbound, Principal } from '../../src/channel.ts'
import { CoopError, isStorageFault, messageOf, storageWords } from '../../src/errors.ts'
import type { SequencedEvent } from '../../src/protocol/events.ts'
import { frame, frames, maxFrameBytes, protocolVersion } from '../../src/protocol/framing.ts'
import { type Method, methods, type RpcError, rpcErrors } from '../../src/protocol/messages.ts'

/** Bytes a client may leave unread before it is cut off: it can attach again and catch up. */
const maxUnread = 16_000_000

interface Sent {
  readonly session: string
  readonly text: string
  readonly id: string
  readonly attachments: readonly { readonly name: string; readonly mime: string; readonly path: string }[]
}

/** A file of this computer: whoever may connect owns the account, and reads what the gateway reads. */
const attachmentOf = ({ name, mime, path }: Sent['attachments'][number]): Attachment => ({
  kind: mime.startsWith('image/') ? 'image' : 'file',
  name,
  mime,
  handle: path,
})

class Refusal extends Error {
  readonly rpc: RpcError
  constructor(code: number, message: string) {
    super(message)
    this.rpc = { code, message }
  }
}

/** Serves a connection until it ends. */
export async function openConnection(
  socket: Socket,
  control: Control,
  offer: (inbound: Inbound) => Promise<void>,
): Promise<void> {
  let principal: Principal | null = null
  const attached = new Map<string, Disposable>()
  const write = (message: unknown) => {
    if (socket.writableLength > maxUnread) socket.destroy()
    else if (socket.writable) socket.write(frame(message))
  }
  const onEvent = (event: SequencedEvent) => write({ jsonrpc: '2.0', method: 'event', params: event })

  async function answer(text: string): Promise<void> {
    let id: number | string | null = null
    try {
      const request = parse(text)
      id = request.id
      write({ jsonrpc: '2.0', id, result: await handle(request.method, request.params) })
    } catch (error) {
      write({ jsonrpc: '2.0', id, error: rpcErrorOf(error) })
    }
  }

  async function handle(method: string, params: unknown): Promise<unknown> {
    if (!Object.hasOwn(methods, method))
      throw new Refusal(rpcErrors.method, `There is no method "${method}".`)
    const parsed = methods[method as Method].safeParse(params ?? {})
    if (!parsed.success)
      throw new Refusal(
        rpcErrors.params,
        `The parameters of ${method} do not fit: ${parsed.error.issues[0]?.path.join('.')} ${parsed.error.issues[0]?.message}`,
      )
    if (method === 'initialize') return initialize(parsed.data as { protocol: number; user?: string })
    if (!principal) throw new Refusal(rpcErrors.uninitialized, 'Say initialize first.')
    if (method === 'session/attach')
      return attach(principal, parsed.data as { session?: string; after?: number })
    if (method === 'session/send') return send(principal, parsed.data as Parameters<typeof send>[1])
    return control.call(principal, method as ControlMethod, parsed.data as never)
  }

  function initialize({ protocol, user }: { protocol: number; user?: string }) {
    if (protocol !== protocolVersion) {
      throw new Refusal(
        rpcErrors.version,
        `The gateway speaks version ${protocolVersion} of the protocol, the client ${protocol}; use the same Coop for both.`,
      )
    }
    const { principal: admitted, ...result } = control.admit({ user })
    principal = admitted
    return result
  }

  function attach(who: Principal, wanted: { session?: string; after?: number }) {
    const watching = control.attach(who, wanted, onEvent)
    attached.get(watching.session)?.[Symbol.dispose]()
    attached.set(watching.session, watching)
    return { session: watching.session, seq: watching.seq }
  }

  async function send(who: Principal, message: Sent) {
    const place = control.placeOf(who, message.session)
    if (message.text.trim() === '') throw new Refusal(rpcErrors.params, 'The message is empty.')
    await offer({
      channel: 'terminal',
      externalId: `${who.person}:${message.id}`,
      place,
      sender: { channel: 'terminal', id: who.sender, name: who.name },
      text: message.text,
      at: Date.now(),
      ...(message.attachments.length > 0 ? { attachments: message.attachments.map(attachmentOf) } : {}),
    })
    return { accepted: true }
  }

  try {
    for await (const part of frames(socket, maxFrameBytes)) {
      if (part.kind === 'too_large')
        write({
          jsonrpc: '2.0',
          id: null,
          error: { code: rpcErrors.tooLarge, message: `A frame is at most ${maxFrameBytes} bytes.` },
        })
      else if (part.text.trim() !== '') void answer(part.text)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
  } finally {
    for (const watching of attached.values()) watching[Symbol.dispose]()
  }
}

function parse(text: string): { id: number | string | null; method: string; params: unknown } {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    throw new Refusal(rpcErrors.parse, 'The frame is not JSON.')
  }
  const { jsonrpc, id, method, params } = (
    typeof message === 'object' && message !== null ? message : {}
  ) as Record<string, unknown>
  if (jsonrpc !== '2.0' || typeof method !== 'string')
    throw new Refusal(rpcErrors.request, 'The frame is not a JSON-RPC 2.0 request.')
  return { id: typeof id === 'number' || typeof id === 'string' ? id : null, method, params }
}

function rpcErrorOf(error: unknown): RpcError {
  if (error instanceof Refusal) return error.rpc
  if (error instanceof CoopError)
    return { code: rpcErrors.fault, message: error.message, data: { fault: error.code } }
  if (isStorageFault(error))
    return { code: rpcErrors.fault, message: storageWords(error), data: { fault: 'disk_full' } }
  return { code: rpcErrors.internal, message: messageOf(error) }
}
