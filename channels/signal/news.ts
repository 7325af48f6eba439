// Tells a waiting loop that something may have arrived.

export interface News {
  announce(): void
  /** How often something was announced so far. */
  count(): number
  /** Resolves once more than `seen` was announced, or `signal` aborts. */
  after(seen: number, signal: AbortSignal): Promise<void>
}

export function openNews(): News {
  let announced = 0
  let next = Promise.withResolvers<void>()
  return {
    announce() {
      announced += 1
      next.resolve()
      next = Promise.withResolvers<void>()
    },
    count: () => announced,
    async after(seen, signal) {
      if (announced > seen || signal.aborted) return
      const stop = () => next.resolve()
      signal.addEventListener('abort', stop, { once: true })
      await next.promise.finally(() => signal.removeEventListener('abort', stop))
    },
  }
}
