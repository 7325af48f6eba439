// Waits for work no longer than a signal allows; the work may go on after that.

/** Resolves with what `work` gives, or undefined when `signal` aborts first; rejects as `work` does. */
export async function bounded<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  work.catch(() => undefined)
  if (signal.aborted) return undefined
  const over = Promise.withResolvers<undefined>()
  const stop = () => over.resolve(undefined)
  signal.addEventListener('abort', stop, { once: true })
  return await Promise.race([work, over.promise]).finally(() => signal.removeEventListener('abort', stop))
}
