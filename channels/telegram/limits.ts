// Waits that Telegram asked for: a chat's own, and of everybody, one after the other, once several chats are told to wait.
import { setTimeout as sleep } from 'node:timers/promises'
import type { SendResult } from '../../src/channel.ts'

export interface Limits {
  /** Runs a send unless the chat has to wait, and remembers what Telegram says to it. */
  within(chat: string, send: () => Promise<SendResult>, signal: AbortSignal): Promise<SendResult>
}

export interface Timing {
  /** Milliseconds by a clock that nobody sets. */
  readonly now: () => number
  readonly pause: (ms: number, signal: AbortSignal) => Promise<unknown>
}

/** Two chats at once are no accident of one chat: it is the bot that sends too much. */
const several = 2
/** What Telegram takes from a bot is about 30 messages a second; for a while it is kept to. */
const paceMs = 40
const pacedMs = 60_000

const real: Timing = {
  now: () => performance.now(),
  pause: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
}

export function openLimits({ now, pause }: Timing = real): Limits {
  /** Until when a chat has to wait. */
  const held = new Map<string, number>()
  let pacedUntil = 0
  let nextSlot = 0

  function heldUntil(chat: string): number {
    for (const [other, until] of held) if (until <= now()) held.delete(other)
    const all = held.size >= several ? Math.min(...held.values()) : 0
    return Math.max(held.get(chat) ?? 0, all)
  }

  function hold(chat: string, ms: number): void {
    held.set(chat, now() + ms)
    if (held.size >= several) pacedUntil = now() + ms + pacedMs
  }

  return {
    async within(chat, send, signal) {
      if (now() < pacedUntil && heldUntil(chat) <= now()) {
        const slot = Math.max(now(), nextSlot)
        nextSlot = slot + paceMs
        await pause(slot - now(), signal)
      }
      const afterMs = heldUntil(chat) - now()
      if (afterMs > 0) return { kind: 'retry', reason: 'Telegram asked to wait', afterMs }
      const result = await send()
      if (result.kind === 'retry' && result.afterMs !== undefined) hold(chat, result.afterMs)
      return result
    },
  }
}
