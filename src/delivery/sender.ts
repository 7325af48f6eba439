// Empties the outbox: in order within a place, places side by side, each attempt cleared anew.
import type { Clearance, Grant } from '../access/clearance.ts'
import { type Channel, type Place, placeKey, type SendResult } from '../channel.ts'
import { isStorageFault, messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Outbox, OutboxRow } from '../store/outbox.ts'
import type { Tracer } from '../trace/trace.ts'

export interface SenderOptions {
  readonly outbox: Outbox
  /** Resolves when what was committed would survive a power cut: nothing is sent that could be forgotten. */
  readonly durable: () => Promise<void>
  /** The running channel of that name. */
  readonly channel: (name: string) => Channel | undefined
  readonly reissue: (grant: Grant) => Promise<Clearance>
  /** Told of each part that will never arrive. */
  readonly undelivered: (row: OutboxRow, reason: string) => void
  /** Told of each part that is out. */
  readonly delivered: (row: OutboxRow) => void
  readonly log: Log
  readonly tracer: Tracer
  readonly now: () => number
  /** Milliseconds by a clock that nobody sets, and that stands still while the computer sleeps. */
  readonly awake?: () => number
}

interface Arrival {
  readonly externalId: string | null
  readonly at: number
  readonly expiresAt: number | null
}

export interface Sender {
  /** Whether a part for `place` would be the first in its lane. */
  idle(place: Place): boolean
  /** Sends rows that were just committed. */
  take(rows: readonly OutboxRow[]): void
  /** Takes up what a crash or a shutdown left; returns how many were in flight. */
  resume(): number
  /** Tries waiting parts now: a channel came back. */
  wake(): void
  /** Resolves when nothing is on its way, or `signal` aborts; then no more is sent. What waits for another attempt stays stored. */
  close(signal: AbortSignal): Promise<void>
}

/** How long a part is tried before its failure is told. */
const giveUpMs = 24 * 3_600_000
const longestBackoffMs = 300_000
/** How long what was sent may be known in memory alone. */
const flushMs = 100

export function openSender(options: SenderOptions): Sender {
  const { outbox, now, awake = () => performance.now() } = options
  const lanes = new Map<string, OutboxRow[]>()
  const running = new Map<string, Promise<void>>()
  const stop = new AbortController()
  /** From its abort on nothing is waited for but the platform's word: what was put off goes out after the next start. */
  const closing = new AbortController()
  let nudge = new AbortController()

  function enqueue(row: OutboxRow): void {
    const queue = lanes.get(row.lane)
    if (queue) queue.push(row)
    else lanes.set(row.lane, [row])
    if (running.has(row.lane)) return
    // A step later: the row may still be part of a commit that is not finished.
    const work = Promise.resolve().then(() => drain(row.lane))
    running.set(row.lane, work)
  }

  async function drain(lane: string): Promise<void> {
    const queue = lanes.get(lane)!
    while (queue.length > 0 && !stop.signal.aborted) {
      const row = queue[0]!
      let marked: number | null = null
      try {
        const done = await attempt(row, () => (marked = queue[1]?.id ?? null))
        if (!done && closing.signal.aborted) break
        if (!done) continue
        queue.shift()
        if (queue[0] && queue[0].id === marked) queue[0] = { ...queue[0], state: 'sending' }
      } catch (error) {
        options.log.error(
          { err: { message: messageOf(error) }, trace: row.trace },
          'the outbox cannot be written',
        )
        if (!isStorageFault(error)) queue.shift()
        await pause(1_000, true, stop.signal)
      }
    }
    // Together: a part that comes in between would find neither a queue nor anybody who empties it.
    lanes.delete(lane)
    running.delete(lane)
    flushSoon()
  }

  /** What is out should be known to be out, or a power cut would send it again; nothing waits for that. */
  function flushSoon(): void {
    if (flushDue) return
    flushDue = true
    setTimeout(() => {
      flushDue = false
      options.durable().catch(() => {})
    }, flushMs).unref()
  }
  let flushDue = false

  /** True when the row has ended, one way or the other. `next` is asked once that is known: the queue grows meanwhile. */
  async function attempt(row: OutboxRow, next: () => number | null): Promise<boolean> {
    const known = out.get(row.id)
    if (known) return arrived(row, known, next)
    const wait = waits.has(row.id)
      ? waits.get(row.id)!.until - awake()
      : Math.min(row.nextAt - now(), longestBackoffMs)
    if (wait > 0) {
      await pause(wait, !held.has(row.id))
      if (closing.signal.aborted) return false
    }
    if (row.state !== 'sending') outbox.markSending(row.id)
    const channel = options.channel(row.outbound.place.channel)
    await options.durable()
    // Last of all, so that nothing is sent on what was true a moment ago.
    const refusal = row.labels.length > 0 ? await refusalOf(row) : null
    if (refusal !== null) return ended(row, 'refused', refusal, next)
    const span = options.tracer.start('delivery', row.trace, null, {
      channel: row.outbound.place.channel,
      key: row.outbound.key,
    })
    const result: SendResult = channel
      ? await channel.send(row.outbound, stop.signal)
      : { kind: 'retry', reason: `the channel ${row.outbound.place.channel} is not running` }
    span.end({ result: result.kind }, result.kind === 'sent' ? undefined : result.reason)
    if (result.kind === 'sent') {
      const at = now()
      const expiresAt = result.expiresMs === undefined ? null : at + result.expiresMs
      const arrival = { externalId: result.externalId ?? null, at, expiresAt }
      out.set(row.id, arrival)
      return arrived(row, arrival, next)
    }
    if (result.kind === 'refused') return ended(row, 'failed', result.reason, next)
    if (stop.signal.aborted) return false
    return later(row, result, next)
  }

  /** What the platform has, until that is written: a full disk must not make a second one of it. */
  const out = new Map<number, Arrival>()
  function arrived(row: OutboxRow, { externalId, at, expiresAt }: Arrival, next: () => number | null): true {
    outbox.markSent(row.id, externalId, next(), at, expiresAt)
    options.delivered(row)
    out.delete(row.id)
    forget(row)
    return true
  }

  function later(
    row: OutboxRow,
    result: Extract<SendResult, { kind: 'retry' }>,
    next: () => number | null,
  ): boolean {
    const attempts = row.attempts + 1
    const backoff = Math.min(500 * 2 ** Math.min(attempts, 12), longestBackoffMs) * (0.75 + Math.random() / 2)
    const waitMs = Math.ceil(result.afterMs ?? backoff)
    const nextAt = now() + waitMs
    const queue = lanes.get(row.lane)!
    queue[0] = { ...row, state: 'queued', attempts, nextAt }
    if (result.afterMs === undefined) held.delete(row.id)
    else held.add(row.id)
    outbox.markRetry(row.id, nextAt, result.reason)
    options.log.warn(
      { trace: row.trace, channel: row.outbound.place.channel, reason: result.reason, attempts },
      'will send again',
    )
    const since = waits.get(row.id)?.since ?? awake()
    waits.set(row.id, { since, until: awake() + waitMs })
    if (awake() - since < giveUpMs) return false
    return ended(row, 'failed', result.reason, next)
  }
  /** What was put off: since when it is tried, and when it is tried again. */
  const waits = new Map<number, { readonly since: number; readonly until: number }>()
  /** Parts that the platform itself told to wait: no news of the channel shortens that. */
  const held = new Set<number>()
  function forget(row: OutboxRow): void {
    waits.delete(row.id)
    held.delete(row.id)
  }

  function ended(
    row: OutboxRow,
    state: 'failed' | 'refused',
    reason: string,
    next: () => number | null,
  ): true {
    outbox.markEnded(row.id, state, reason, next())
    forget(row)
    options.log.error({ trace: row.trace, channel: row.outbound.place.channel, reason }, 'not delivered')
    options.undelivered(row, reason)
    return true
  }

  async function refusalOf(row: OutboxRow): Promise<string | null> {
    const clearance = await options.reissue(row.grant)
    if (clearance.covers(row.labels)) return null
    // Its person may have become another since it was queued.
    const now = outbox.get(row.id)
    if (now && (await options.reissue(now.grant)).covers(now.labels)) return null
    return 'somebody reads there now who may not see what it was written from'
  }

  /** Waits; a channel that came back ends the wait if it is `nudged`. */
  function pause(ms: number, nudged = true, end = closing.signal): Promise<void> {
    const signal = nudged ? AbortSignal.any([end, nudge.signal]) : end
    return new Promise(resolve => {
      if (signal.aborted) return resolve()
      const timer = setTimeout(over, Math.min(ms, 2 ** 31 - 1))
      function over() {
        clearTimeout(timer)
        signal.removeEventListener('abort', over)
        resolve()
      }
      signal.addEventListener('abort', over)
    })
  }

  return {
    idle: place => !lanes.has(placeKey(place)),
    take: rows => rows.forEach(enqueue),
    resume() {
      const inFlight = outbox.countRepeats()
      outbox.open().forEach(enqueue)
      return inFlight
    },
    wake() {
      const before = nudge
      nudge = new AbortController()
      before.abort()
    },
    async close(signal) {
      closing.abort()
      const all = Promise.allSettled(running.values())
      const deadline = new Promise<void>(resolve => {
        if (signal.aborted) resolve()
        else signal.addEventListener('abort', () => resolve(), { once: true })
      })
      await Promise.race([all, deadline])
      stop.abort()
      await Promise.allSettled(running.values())
    },
  }
}
