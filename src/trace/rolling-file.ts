// An append-only file that is rotated by size and pruned by age; for logs and spans.
import { appendFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

export interface RollingFileOptions {
  readonly path: string
  /** Bytes of one file before it is rotated. */
  readonly maxBytes: number
  readonly keepDays: number
}

export interface RollingFile {
  /** Takes one line with its newline; written within a second, or by `flush`. */
  write(line: string): void
  flush(): void
}

const flushMs = 250

/** Opens `path` for appending. A full disk drops lines and is counted, never thrown. */
export function openRollingFile(options: RollingFileOptions): RollingFile {
  const { path, maxBytes, keepDays } = options
  mkdirSync(dirname(path), { recursive: true })
  let size = existsSync(path) ? statSync(path).size : 0
  let waiting: string[] = []
  let timer: NodeJS.Timeout | undefined
  let dropped = 0
  prune(path, keepDays)

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (waiting.length === 0) return
    const text = waiting.join('')
    const count = waiting.length
    waiting = []
    try {
      if (size > 0 && size + text.length > maxBytes) {
        renameSync(path, `${path}.${new Date().toISOString().replace(/[:.]/g, '')}`)
        size = 0
        prune(path, keepDays)
      }
      const note = dropped > 0 ? `${JSON.stringify({ dropped_lines: dropped })}\n` : ''
      appendFileSync(path, note + text, { mode: 0o600 })
      size += Buffer.byteLength(note + text)
      dropped = 0
    } catch {
      dropped += count
    }
  }

  return {
    write(line) {
      waiting.push(line)
      timer ??= setTimeout(flush, flushMs).unref()
    },
    flush,
  }
}

/** The rotated files of `path` and `path` itself, oldest first. */
export function rolledFiles(path: string): string[] {
  if (!existsSync(dirname(path))) return []
  const rolled = readdirSync(dirname(path))
    .filter(name => name.startsWith(`${basename(path)}.`))
    .sort()
    .map(name => join(dirname(path), name))
  return existsSync(path) ? [...rolled, path] : rolled
}

function prune(path: string, keepDays: number): void {
  for (const file of rolledFiles(path)) {
    if (file !== path && Date.now() - statSync(file).mtimeMs > keepDays * 86_400_000)
      rmSync(file, { force: true })
  }
}
