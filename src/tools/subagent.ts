// Sends helpers off with a task of their own, to work side by side or in the background.
import { z } from 'zod'
import { tool } from './tool.ts'

const input = z.object({
  action: z.enum(['spawn', 'list', 'stop']),
  task: z
    .string()
    .max(20_000)
    .optional()
    .describe('all it needs to know: it sees nothing of this conversation'),
  profile: z.string().max(60).optional(),
  tools: z.array(z.string().max(100)).max(100).optional().describe('yours if absent'),
  model: z.string().max(200).optional(),
  minutes: z.number().positive().optional(),
  steps: z.int().positive().optional(),
  background: z
    .boolean()
    .optional()
    .describe('true: its answer goes to the person as a message; else you get it as the result'),
  id: z.string().max(20).optional(),
})

export const subagent = tool<z.output<typeof input>>({
  name: 'subagent',
  description:
    'Send a helper off with a task. Calls in one step work side by side. Use it for long or separate work.',
  input,
  level: 'inner',
  available: hands => hands.subagents !== null,
  traits: ({ action }) => ({ effect: action === 'list' ? 'read' : 'own', reach: 'none' }),
  async run({ action, id, task, ...wish }, hands) {
    const hand = hands.subagents!
    if (action === 'list') return { text: hand.list() }
    if (action === 'spawn') {
      if (!task?.trim()) return { text: 'Say what it should do, in `task`.', isError: true }
      return hand.spawn({ task, ...wish })
    }
    return id ? { text: hand.stop(id) } : { text: 'Say which: stop needs its id.', isError: true }
  },
})
