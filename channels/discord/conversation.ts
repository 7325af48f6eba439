// One connection to Discord's gateway from its opening to its end: begun or resumed, and kept alive by heartbeats.
import {
  GatewayDispatchEvents,
  type GatewayDispatchPayload,
  type GatewayIntentBits,
  GatewayOpcodes,
  type GatewayReceivePayload,
} from 'discord-api-types/v10'
import { WebSocket } from 'ws'
import { messageOf } from '../../src/errors.ts'
import { openFrames } from './frames.ts'

/** What Discord keeps of a connection for a few minutes, so that the next one goes on where it broke off. */
export interface Session {
  readonly id: string
  /** Where to resume. */
  readonly url: string
  /** Of the last event that was taken. */
  readonly seq: number
}

export interface ConversationOptions {
  readonly url: string
  readonly token: string
  readonly intents: GatewayIntentBits
  /** To be resumed; null begins a new one. */
  readonly session: Session | null
  /** A new session is asked for. */
  readonly onIdentify: () => void
  readonly onDispatch: (payload: GatewayDispatchPayload) => void
  /** It is ready, or caught up. */
  readonly onConnected: () => void
}

/** How it ended. Discord's own close code, if there was one. */
export interface Ending {
  readonly code?: number
  readonly error: string
  /** Null when there is nothing to resume. */
  readonly session: Session | null
}

const openMs = 15_000
/** A long replay may stand before the word that all is there. */
const connectedMs = 60_000
const goodbyeMs = 2_000
/** Any code but 1000 and 1001 keeps the session. */
const keepSession = 4_200
const endSession = 1_000
/** Closes after which the session is of no use: not authenticated, a wrong sequence, timed out. */
const forgets = new Set([4_003, 4_007, 4_009])

/** Resolves when the connection has ended, or `signal` aborted and it is closed. Never rejects. */
export function converse(options: ConversationOptions, signal: AbortSignal): Promise<Ending> {
  const { promise, resolve } = Promise.withResolvers<Ending>()
  let { session } = options
  let heartbeat: NodeJS.Timeout | undefined
  let answered = true
  let over = false

  const socket = new WebSocket(`${options.url}?v=10&encoding=json&compress=zlib-stream`, {
    handshakeTimeout: openMs,
    perMessageDeflate: false,
  })
  const frames = openFrames(take, error => end(`Discord’s gateway cannot be read: ${messageOf(error)}`))
  let deadline = setTimeout(() => end('Discord’s gateway says nothing'), openMs + openMs)
  const stop = () => end('stopped', endSession)

  socket.on('message', (data, isBinary) => frames.take(data as Buffer, isBinary))
  // Nobody else may: an error without a listener would end the program.
  socket.on('error', error => end(`Discord cannot be reached: ${messageOf(error)}`))
  socket.on('close', code => {
    if (forgets.has(code)) session = null
    end(`Discord’s gateway closed the connection (${code})`, undefined, code)
  })
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()

  function end(error: string, farewell = keepSession, code?: number): void {
    if (over) return
    over = true
    signal.removeEventListener('abort', stop)
    clearTimeout(deadline)
    clearTimeout(heartbeat)
    frames[Symbol.dispose]()
    const ending = { ...(code === undefined ? {} : { code }), error, session }
    if (socket.readyState !== WebSocket.OPEN) {
      socket.terminate()
      return resolve(ending)
    }
    socket.close(farewell)
    // Who does not answer the farewell is not waited for.
    const gone = setTimeout(() => socket.terminate(), goodbyeMs)
    socket.once('close', () => {
      clearTimeout(gone)
      resolve(ending)
    })
  }

  const say = (op: GatewayOpcodes, d: unknown): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ op, d }))
  }

  function beat(everyMs: number, inMs: number): void {
    heartbeat = setTimeout(() => {
      if (!answered) {
        // The other side is gone, and would not answer a farewell either.
        socket.terminate()
        return end('Discord’s gateway no longer answers')
      }
      answered = false
      say(GatewayOpcodes.Heartbeat, session?.seq ?? null)
      beat(everyMs, everyMs)
    }, inMs)
  }

  function greet(): void {
    const { token, intents } = options
    if (session) {
      say(GatewayOpcodes.Resume, { token, session_id: session.id, seq: session.seq })
    } else {
      options.onIdentify()
      const properties = { os: process.platform, browser: 'coop', device: 'coop' }
      say(GatewayOpcodes.Identify, { token, intents, properties })
    }
    clearTimeout(deadline)
    deadline = setTimeout(() => end('Discord’s gateway does not get ready'), connectedMs)
  }

  function take(payload: GatewayReceivePayload): void {
    if (over) return
    switch (payload.op) {
      case GatewayOpcodes.Hello: {
        const everyMs = payload.d.heartbeat_interval
        beat(everyMs, everyMs * Math.random())
        return greet()
      }
      case GatewayOpcodes.Heartbeat:
        return say(GatewayOpcodes.Heartbeat, session?.seq ?? null)
      case GatewayOpcodes.HeartbeatAck:
        answered = true
        return
      case GatewayOpcodes.Reconnect:
        return end('Discord asked to connect again')
      case GatewayOpcodes.InvalidSession:
        if (!payload.d) session = null
        return end('Discord’s gateway no longer knows the session')
      case GatewayOpcodes.Dispatch:
        return dispatched(payload)
    }
  }

  function dispatched(payload: GatewayDispatchPayload): void {
    const { t, d, s } = payload
    if (t === GatewayDispatchEvents.Ready) session = { id: d.session_id, url: d.resume_gateway_url, seq: s }
    else if (session) session = { ...session, seq: s }
    try {
      options.onDispatch(payload)
    } catch (error) {
      return end(`Discord said what cannot be read: ${messageOf(error)}`)
    }
    if (t !== GatewayDispatchEvents.Ready && t !== GatewayDispatchEvents.Resumed) return
    clearTimeout(deadline)
    options.onConnected()
  }

  return promise
}
