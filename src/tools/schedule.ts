// Reminders and recurring tasks of the person who speaks, confirmed in their own zone.
import { z } from 'zod'
import { tool } from './tool.ts'

const input = z.object({
  action: z.enum(['create', 'list', 'update', 'cancel', 'run']),
  id: z.string().max(100).optional(),
  name: z.string().max(60).optional(),
  kind: z
    .enum(['reminder', 'task'])
    .optional()
    .describe('reminder: text is sent as it stands; task: you work on it then'),
  text: z.string().max(4_000).optional(),
  when: z
    .string()
    .max(100)
    .optional()
    .describe('cron ("0 7 * * 1-5"), local ISO time, HH:MM, or from now: +10m, +2h, +3d'),
  timezone: z.string().max(60).optional().describe('IANA; the person’s if absent'),
})

export const schedule = tool<z.output<typeof input>>({
  name: 'schedule',
  description: 'Reminders and recurring tasks. Tell the person the confirmation it returns.',
  input,
  level: 'inner',
  available: hands => hands.schedule !== null,
  traits: ({ action }) =>
    action === 'list' ? { effect: 'read', reach: 'none' } : { effect: 'own', reach: 'standing' },
  async run({ action, id, ...wish }, hands) {
    const hand = hands.schedule!
    if (action === 'list') return { text: await hand.list() }
    if (action === 'create') return { text: await hand.create(wish) }
    if (!id) return { text: `Say which job: ${action} needs its id.`, isError: true }
    if (action === 'update') return { text: await hand.update(id, wish) }
    return { text: action === 'cancel' ? hand.cancel(id) : hand.run(id) }
  },
})
