// Follows a file that grows, over rotations.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Lines as they are appended, over rotations, until `signal` aborts. */
export async function* follow(path: string, signal: AbortSignal): AsyncGenerator<string> {
  let position = sizeOf(path)
  let rest = ''
  while (!signal.aborted) {
    const size = sizeOf(path)
    if (size < position) position = 0
    if (size > position) {
      const text = rest + readFrom(path, position, size)
      position = size
      const lines = text.split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
    await sleep(200, undefined, { signal }).catch(() => {})
  }
}

function sizeOf(path: string): number {
  return withFile(path, file => fstatSync(file).size) ?? 0
}

function readFrom(path: string, from: number, to: number): string {
  const buffer = Buffer.alloc(to - from)
  return (
    withFile(path, file => buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, from))) ?? ''
  )
}

function withFile<T>(path: string, use: (file: number) => T): T | undefined {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    return use(file)
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
