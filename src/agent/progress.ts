// What a running call has put out last, at a pace that somebody can read.
const everyMs = 500
const shown = 400

/** Runs `work`; yields the end of its output while there is new one, and returns what it came to. */
export async function* followed<T>(
  work: (onOutput: (chunk: string) => void) => Promise<T>,
): AsyncGenerator<string, T> {
  let tail = ''
  let fresh = false
  let over = false
  let wake = () => {}
  const running = work(chunk => {
    tail = (tail + chunk).slice(-shown)
    fresh = true
    wake()
  }).finally(() => {
    over = true
    wake()
  })
  running.catch(() => {})
  const woken = (ms?: number) =>
    new Promise<void>(resolve => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms).unref()
      wake = () => {
        if (ms !== undefined && !over) return
        clearTimeout(timer)
        resolve()
      }
    })
  while (!over) {
    if (!fresh) await woken()
    if (!over) await woken(everyMs)
    if (over || !fresh) continue
    fresh = false
    yield tail
  }
  return running
}
