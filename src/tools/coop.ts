// What Coop knows of itself: how it is, what happened, how things are done, and what it is called.
import { z } from 'zod'
import { tool } from './tool.ts'

const input = z.object({
  action: z.enum(['help', 'status', 'logs', 'trace', 'name', 'introduced']),
  find: z
    .string()
    .max(200)
    .default('')
    .describe('words to look for; for trace also an id; for name your new name'),
})

export const coop = tool<z.output<typeof input>>({
  name: 'coop',
  description:
    'Facts about Coop itself, for “what can you do”, “how do I…”, “why didn’t you…”: its help; for full trust also status, logs and traces. name gives you a name; introduced ends the first conversation.',
  input,
  level: 'familiar',
  available: () => true,
  traits: ({ action }) =>
    action === 'name' || action === 'introduced'
      ? { effect: 'own', reach: 'standing' }
      : { effect: 'read', reach: 'none' },
  async run({ action, find }, hands) {
    if (action === 'introduced') return { text: hands.self.introduced() }
    return { text: hands.self[action](find) }
  },
})
