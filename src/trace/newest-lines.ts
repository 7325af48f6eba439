// The newest lines of a rolled file, without reading the rest of it, which may be a hundred megabytes.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { rolledFiles } from './rolling-file.ts'

/** Whole lines, oldest first, within the last `mostBytes` of the file at `path` and its rotated ones. */
export function newestLines(path: string, mostBytes: number): string[] {
  let lines: string[] = []
  let left = mostBytes
  for (const file of rolledFiles(path).reverse()) {
    const { text, size } = endOf(file, left)
    lines = text.split('\n').filter(Boolean).concat(lines)
    left -= size
    if (left <= 0) break
  }
  return lines
}

/** The last `mostBytes` of a file, from the first whole line on, and how long the file is. */
function endOf(path: string, mostBytes: number): { readonly text: string; readonly size: number } {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const from = Math.max(size - mostBytes, 0)
    const buffer = Buffer.alloc(size - from)
    const text = buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, from))
    return { text: from > 0 ? text.slice(text.indexOf('\n') + 1) : text, size }
  } finally {
    closeSync(file)
  }
}
