// A first connection may fail for a moment's reasons: it is tried a few times before anybody is told.
import { setTimeout } from 'node:timers/promises'
import { endOf } from './connection.ts'

/** The library itself waits 2 s before the second and 5 s before the third. */
const tries = 3
const firstPauseMs = 300

/** Resolves with what `connect` gives; rejects with its last fault, or when `signal` aborts. */
export async function patiently<T>(connect: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let left = tries - 1; ; left -= 1) {
    try {
      return await connect()
    } catch (cause) {
      if (left === 0 || signal.aborted || !isPassing(cause)) throw cause
      await setTimeout(firstPauseMs * 2 ** (tries - 1 - left), undefined, { signal })
    }
  }
}

/** Not what only a person can mend, and not what the server itself said to wait for. */
function isPassing(cause: unknown): boolean {
  const end = endOf(cause)
  return end.kind === 'again' && end.afterMs === undefined
}
