// Waits for something that another process does.
import { setTimeout as sleep } from 'node:timers/promises'

const everyMs = 10

/** The first value of `look` that is neither false nor nullish. Throws with `what` after `ms`. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  ms = 60_000,
): Promise<Exclude<T, false | null | undefined>> {
  const end = Date.now() + ms
  for (;;) {
    const found = await look()
    if (found !== false && found !== null && found !== undefined)
      return found as Exclude<T, false | null | undefined>
    if (Date.now() > end) throw new Error(`in ${ms} ms this did not come: ${what}`)
    await sleep(everyMs)
  }
}
