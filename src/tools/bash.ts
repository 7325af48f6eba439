// bash: one shell command in the box.
import { z } from 'zod'
import { CoopError } from '../errors.ts'
import { endingOf, excerpt } from './excerpt.ts'
import { tool } from './tool.ts'

/** The kernel takes 128 KiB as one argument. */
const maxBytes = 120_000

export const bash = tool({
  name: 'bash',
  description:
    'Run a shell command in a fresh box; only the workspace (where it starts) is kept between calls. Web access goes through a proxy.',
  input: z.strictObject({
    command: z.string().min(1).max(60_000),
    timeout_s: z.int().min(1).max(86_400).optional(),
  }),
  level: 'inner',
  available: hands => hands.box?.acts === true,
  traits: () => ({ effect: 'world', reach: 'standing' }),
  run: async ({ command, timeout_s }, hands, signal) => {
    const problem = command.includes('\0')
      ? 'holds a NUL'
      : Buffer.byteLength(command) > maxBytes
        ? `is longer than ${maxBytes} bytes: write it into a file first`
        : null
    if (problem !== null) throw new CoopError('input_invalid', `The command ${problem}.`)
    const box = hands.box!
    const result = await box.shell(command, timeout_s === undefined ? undefined : timeout_s * 1000, signal)
    const ending = endingOf(result)
    const text = [(await excerpt(result, box, signal)).trimEnd(), ending].filter(Boolean).join('\n')
    return { text: text || '(no output)', isError: ending !== '', origin: result.origin }
  },
})
