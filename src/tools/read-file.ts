// read_file: lines of a text file.
import { z } from 'zod'
import { printable } from './excerpt.ts'
import { tool } from './tool.ts'

const maxBytes = 40_000

export const readFile = tool({
  name: 'read_file',
  description: 'Read a text file of the workspace.',
  input: z.strictObject({
    path: z.string().min(1),
    line: z.int().min(1).default(1).describe('first line'),
    lines: z.int().min(1).max(5_000).default(1_000),
  }),
  level: 'familiar',
  available: hands => hands.box !== null,
  traits: () => ({ effect: 'read', reach: 'none' }),
  run: async ({ path, line, lines }, hands, signal) => {
    const { size, bytes, origin } = await hands.box!.readLines(
      path,
      { from: line, count: lines + 1, maxBytes },
      signal,
    )
    if (size === 0) return { text: '(empty file)' }
    if (bytes.length === 0) return { text: `(${path} has no line ${line})`, isError: true }
    if (bytes.subarray(0, 8_192).includes(0))
      return { text: `${path} is a binary file of ${size} bytes.`, isError: true }
    const read = printable(bytes).split('\n')
    if (read.at(-1) === '') read.pop()
    const cut = bytes.length >= maxBytes
    const shown = read.slice(0, lines)
    // A line that was cut through is shown again by the next call, unless it is all there is.
    if (cut && read.length <= lines && shown.length > 1) shown.pop()
    const more = cut || read.length > lines
    const next = line + shown.length
    return {
      origin,
      text: shown.join('\n') + (more ? `\n[more follows: line ${next}; the file has ${size} bytes]` : ''),
    }
  },
})
