// Runs the same work for many things, a few at a time.

/** Rejects with the first failure, after what runs beside it has ended. */
export async function sideBySide<T>(
  things: readonly T[],
  width: number,
  work: (thing: T) => Promise<void>,
): Promise<void> {
  const rest = things.values()
  const failures: unknown[] = []
  const worker = async () => {
    for (const thing of rest) {
      if (failures.length > 0) return
      await work(thing).catch(cause => void failures.push(cause))
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, things.length) }, worker))
  if (failures.length > 0) throw failures[0]
}
