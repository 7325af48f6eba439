// What Coop knows of itself: how it is, what happened, and how things are done.
import { z } from 'zod'
import { tool } from './tool.ts'

const input = z.object({
  action: z.enum(['help', 'status', 'logs', 'trace']),
  find: z.string().max(200).default('').describe('words to look for; for trace also an id'),
})

export const coop = tool<z.output<typeof input>>({
  name: 'coop',
  description:
    'Facts about Coop itself, for “what can you do”, “how do I…”, “why didn’t you…”: its help; for full trust also status, logs and traces.',
  input,
  level: 'familiar',
  available: () => true,
  traits: () => ({ effect: 'read', reach: 'none' }),
  async run({ action, find }, hands) {
    return { text: hands.self[action](find) }
  },
})
