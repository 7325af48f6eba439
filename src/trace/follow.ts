// Follows a file that grows, over rotations.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { setTimeout as sleep } from 'node:timers/promises'

const lookMs = 200

/** Lines as they are appended after the first `from` bytes (by default those there now), over rotations, until `signal` aborts. */
export async function* follow(path: string, signal: AbortSignal, from?: number): AsyncGenerator<string> {
  let letters = new StringDecoder('utf8')
  let rest = ''
  let position = from ?? stateOf(path)?.size ?? 0
  let file = stateOf(path)?.ino
  while (!signal.aborted) {
    const state = stateOf(path)
    if (state && (state.ino !== file || state.size < position)) {
      position = 0
      rest = ''
      letters = new StringDecoder('utf8')
      file = state.ino
    }
    if (state && state.size > position) {
      const bytes = readFrom(path, position, state.size)
      position += bytes.length
      const lines = (rest + letters.write(bytes)).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
    await sleep(lookMs, undefined, { signal }).catch(() => {})
  }
}

function stateOf(path: string): { readonly size: number; readonly ino: number } | undefined {
  return withFile(path, file => fstatSync(file))
}

function readFrom(path: string, from: number, to: number): Buffer {
  const buffer = Buffer.alloc(to - from)
  const read = withFile(path, file => readSync(file, buffer, 0, buffer.length, from)) ?? 0
  return buffer.subarray(0, read)
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
