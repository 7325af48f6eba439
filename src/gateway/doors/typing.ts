// Shows that a reply is coming, until it has left.
import type { Channel, Place } from '../../channel.ts'

export interface Typing extends Disposable {
  start(turn: string, place: Place): void
  stop(turn: string): void
}

/** A quick answer needs no sign of life. */
const firstMs = 300
const everyMs = 4_000

export function openTyping(channel: (name: string) => Channel | undefined): Typing {
  const timers = new Map<string, { timer: NodeJS.Timeout; controller: AbortController | null }>()

  function stop(turn: string): void {
    const current = timers.get(turn)
    if (!current) return
    clearTimeout(current.timer)
    current.controller?.abort()
    timers.delete(turn)
  }

  return {
    start(turn, place) {
      stop(turn)
      const show = channel(place.channel)
      if (!show?.typing) return
      const again = () => {
        const current = timers.get(turn)
        if (!current) return
        current.controller ??= new AbortController()
        show.typing?.(place, current.controller.signal).catch(() => {})
        current.timer = setTimeout(again, everyMs).unref()
      }
      timers.set(turn, { timer: setTimeout(again, firstMs).unref(), controller: null })
    },
    stop,
    [Symbol.dispose]: () => {
      for (const turn of timers.keys()) stop(turn)
    },
  }
}
