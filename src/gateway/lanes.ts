// One piece of work at a time in a session, sessions side by side.

export type StopReason = 'stopped' | 'revoked' | 'shutdown'

export interface Lane<Item> {
  readonly session: string
  /** Aborts with a `StopReason`. */
  readonly signal: AbortSignal
  /** Takes the waiting items from the head on, as long as `fits` says so. */
  takeWhile(fits: (item: Item) => boolean): Item[]
}

export interface Lanes<Item> {
  push(session: string, item: Item): void
  /** Stops what runs in a session; false when nothing does. */
  stop(session: string, reason: StopReason): boolean
  running(): readonly string[]
  waiting(session: string): number
  /** Starts nothing more, stops what runs once `signal` aborts, and resolves when all is still. */
  close(signal: AbortSignal): Promise<void>
}

/** `work` owns its failures: a throw is a bug and reaches `onBug`. */
export function openLanes<Item>(
  work: (item: Item, lane: Lane<Item>) => Promise<void>,
  onBug: (error: unknown, session: string) => void,
): Lanes<Item> {
  const queues = new Map<string, Item[]>()
  const running = new Map<string, { controller: AbortController; done: Promise<void> }>()
  let closed = false

  function start(session: string): void {
    const queue = queues.get(session)
    if (closed || running.has(session) || !queue || queue.length === 0) return
    const item = queue.shift()!
    const controller = new AbortController()
    const lane: Lane<Item> = {
      session,
      signal: controller.signal,
      takeWhile(fits) {
        const taken: Item[] = []
        while (queue.length > 0 && fits(queue[0]!)) taken.push(queue.shift()!)
        return taken
      },
    }
    const done = work(item, lane)
      .catch(error => onBug(error, session))
      .finally(() => {
        running.delete(session)
        if (queue.length === 0) queues.delete(session)
        else start(session)
      })
    running.set(session, { controller, done })
  }

  const stop = (session: string, reason: StopReason): boolean => {
    const current = running.get(session)
    current?.controller.abort(reason)
    return current !== undefined
  }

  return {
    push(session, item) {
      const queue = queues.get(session)
      if (queue) queue.push(item)
      else queues.set(session, [item])
      start(session)
    },
    stop,
    running: () => [...running.keys()],
    waiting: session => queues.get(session)?.length ?? 0,
    async close(signal) {
      closed = true
      const stopAll = () => {
        for (const session of running.keys()) stop(session, 'shutdown')
      }
      if (signal.aborted) stopAll()
      else signal.addEventListener('abort', stopAll, { once: true })
      await Promise.allSettled([...running.values()].map(current => current.done))
      signal.removeEventListener('abort', stopAll)
    },
  }
}
