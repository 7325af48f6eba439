// The two connections to Signal: opened, kept alive, opened again after a fault, given up when only a person can help.
import type { Net } from '@signalapp/libsignal-client'
import { ErrorCode, LibSignalErrorBase } from '@signalapp/libsignal-client'
import type { ChannelState } from '../../src/channel.ts'
import { isStorageFault, messageOf } from '../../src/errors.ts'
import type { Log } from '../../src/log.ts'
import type { Chats } from './client.ts'
import { keepAlive } from './server.ts'
import type { Service } from './service.ts'
import type { Account } from './store/account.ts'

export interface ConnectionOptions {
  readonly service: Service
  readonly account: Account
  readonly log: Log
  /** Takes in one envelope; it is acknowledged when this resolves. */
  readonly onEnvelope: (envelope: Uint8Array) => Promise<void>
  /** Runs after each connect and once an hour; what it rejects with is logged. */
  readonly onUpkeep: () => Promise<void>
  /** The phone removed this device. */
  readonly onUnlinked: () => void
}

export interface Connection {
  /** Stays connected until `signal` aborts or only a person can help; `state()` then says how. */
  run(signal: AbortSignal): Promise<void>
  chats(): Chats | undefined
  /** Resolves when connected, when no connection will come, or after `ms`. */
  ready(signal: AbortSignal, ms: number): Promise<void>
  state(): ChannelState
}

const keepAliveMs = 30_000
/** Once an hour. */
const beatsPerUpkeep = 120
const longestWaitMs = 60_000
/** A connection that lasted this long was a good one: the next fault is waited out from the start. */
const settledMs = 30_000

type End =
  | { readonly kind: 'closed' }
  | { readonly kind: 'again'; readonly error: string; readonly afterMs?: number }
  | { readonly kind: 'failed'; readonly error: string; readonly unlinked?: true }

export function openConnection(options: ConnectionOptions): Connection {
  let state: ChannelState = { kind: 'starting' }
  let chats: Chats | undefined
  let change = Promise.withResolvers<void>()
  const become = (next: ChannelState) => {
    state = next
    change.resolve()
    change = Promise.withResolvers()
  }

  /** One connection, from its opening to its end. */
  async function once(signal: AbortSignal): Promise<End> {
    const ended = Promise.withResolvers<End>()
    const envelopes = inOrder(options, cause =>
      ended.resolve({ kind: 'again', error: cause, afterMs: 5_000 }),
    )
    const onConnectionInterrupted = (cause: unknown) =>
      ended.resolve(cause === null ? { kind: 'closed' } : endOf(cause))
    const stop = () => ended.resolve({ kind: 'closed' })
    signal.addEventListener('abort', stop, { once: true })
    let auth: Net.AuthenticatedChatConnection | undefined
    let unauth: Net.UnauthenticatedChatConnection | undefined
    let beat: NodeJS.Timeout | undefined
    try {
      const { net } = options.service
      const { aci, password } = options.account.row
      unauth = await net.connectUnauthenticatedChat({ onConnectionInterrupted }, { abortSignal: signal })
      const listener = {
        onConnectionInterrupted,
        onIncomingMessage: envelopes.push,
        onQueueEmpty: () => undefined,
      }
      const username = `${aci}.${options.account.device}`
      const opened = {
        unauth,
        auth: await net.connectAuthenticatedChat(username, password, false, listener, {
          abortSignal: signal,
        }),
      }
      auth = opened.auth
      chats = opened
      envelopes.start()
      become({ kind: 'connected' })
      options.log.info('connected to Signal')
      const upkeep = () =>
        options.onUpkeep().catch(cause => {
          if (chats) options.log.warn({ reason: messageOf(cause) }, 'the upkeep of the connection failed')
        })
      let beats = 0
      beat = setInterval(() => {
        for (const chat of [opened.auth, opened.unauth])
          keepAlive(chat).catch(cause => ended.resolve(endOf(cause)))
        beats += 1
        if (beats % beatsPerUpkeep === 0) void upkeep()
      }, keepAliveMs)
      void upkeep()
      return await ended.promise
    } catch (cause) {
      return signal.aborted ? { kind: 'closed' } : endOf(cause)
    } finally {
      clearInterval(beat)
      signal.removeEventListener('abort', stop)
      envelopes.stop()
      chats = undefined
      await Promise.allSettled([auth?.disconnect(), unauth?.disconnect()])
      await envelopes.idle()
    }
  }

  return {
    chats: () => chats,
    state: () => state,
    async ready(signal, ms) {
      if (chats) return
      const until = AbortSignal.any([signal, AbortSignal.timeout(ms)])
      const gone = new Promise<void>(resolve =>
        until.addEventListener('abort', () => resolve(), { once: true }),
      )
      while (!chats && state.kind !== 'failed' && !until.aborted) await Promise.race([change.promise, gone])
    },
    async run(signal) {
      let tries = 0
      while (!signal.aborted) {
        const since = Date.now()
        const end = await once(signal)
        if (end.kind === 'failed') {
          if (end.unlinked) options.onUnlinked()
          become({ kind: 'failed', error: end.error })
          options.log.error(end.error)
          return
        }
        if (end.kind === 'closed' && signal.aborted) return
        tries = Date.now() - since > settledMs ? 1 : tries + 1
        const waited = Math.min(longestWaitMs, 250 * 2 ** (tries - 1)) * (0.5 + Math.random() / 2)
        const afterMs = Math.max(end.kind === 'again' ? (end.afterMs ?? 0) : 0, waited)
        const error = end.kind === 'again' ? end.error : 'the connection was closed'
        become({
          kind: 'reconnecting',
          error: tries > 5 ? `${error}; if this lasts, link again with \`coop signal link\`` : error,
        })
        options.log.warn({ reason: error, afterMs: Math.round(afterMs) }, 'the connection to Signal ended')
        await pause(afterMs, signal)
      }
    },
  }
}

/** What a fault of the connection means for going on. */
export function endOf(cause: unknown): End {
  const code = cause instanceof LibSignalErrorBase ? cause.code : undefined
  switch (code) {
    case ErrorCode.DeviceDelinked:
      return {
        kind: 'failed',
        unlinked: true,
        error:
          'This device was removed from the Signal account: `coop stop`, then `coop signal link`, then start Coop.',
      }
    case ErrorCode.AppExpired:
      return { kind: 'failed', error: 'Signal no longer accepts this version; update Coop.' }
    case ErrorCode.ConnectedElsewhere:
      return { kind: 'failed', error: 'Another program uses the same signal.db; stop it, then restart Coop.' }
    case ErrorCode.RateLimitedError: {
      const seconds = (cause as { retryAfterSecs?: number }).retryAfterSecs ?? 60
      return { kind: 'again', error: 'Signal asks to connect less often', afterMs: seconds * 1000 }
    }
    default:
      return { kind: 'again', error: `Signal cannot be reached: ${messageOf(cause)}` }
  }
}

/** What went wrong with a connection, in words. */
export function trouble(cause: unknown): string {
  const end = endOf(cause)
  return end.kind === 'closed' ? 'the connection was closed' : end.error
}

/** Takes envelopes in, in the order in which they came, and acknowledges each when it is safe. */
function inOrder(options: ConnectionOptions, onFault: (error: string) => void) {
  const early: (() => void)[] = []
  const running = new Set<Promise<void>>()
  let started = false
  let stopped = false
  const take = async (envelope: Uint8Array, ack: Net.ChatServerMessageAck): Promise<void> => {
    if (stopped) return
    try {
      await options.onEnvelope(envelope)
    } catch (cause) {
      // Not acknowledged: Signal sends it again.
      stopped = true
      options.log.error({ reason: messageOf(cause) }, 'a message could not be kept')
      return onFault(isStorageFault(cause) ? 'the disk is full or read-only' : messageOf(cause))
    }
    try {
      ack.send(200)
    } catch (cause) {
      // The connection went meanwhile; the repeat is known by its ratchet.
      options.log.debug({ reason: messageOf(cause) }, 'a message was kept but not acknowledged')
    }
  }
  return {
    push(envelope: Uint8Array, _at: number, ack: Net.ChatServerMessageAck): void {
      const go = () => {
        const one = take(envelope, ack).finally(() => running.delete(one))
        running.add(one)
      }
      if (started) go()
      else early.push(go)
    },
    start() {
      started = true
      for (const go of early.splice(0)) go()
    },
    stop() {
      stopped = true
    },
    async idle() {
      await Promise.allSettled([...running])
    },
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  signal.addEventListener('abort', () => resolve(), { once: true })
  return promise.finally(() => clearTimeout(timer))
}
