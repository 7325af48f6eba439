// A list of steps for longer work, kept in the session.
import { z } from 'zod'
import { tool } from './tool.ts'

const input = z.object({
  items: z
    .array(z.object({ text: z.string().min(1).max(500), done: z.boolean().default(false) }))
    .max(100)
    .optional()
    .describe('the whole list; leave out to read it'),
})

export const todo = tool<z.output<typeof input>>({
  name: 'todo',
  description: 'Read or replace this conversation’s list of steps. Use it for work of several steps.',
  input,
  level: 'familiar',
  available: () => true,
  traits: ({ items }) => ({ effect: items ? 'own' : 'read', reach: 'none' }),
  async run({ items }, hands) {
    if (items) hands.todo.write(items)
    const { items: list, origin } = hands.todo.read()
    if (list.length === 0) return { text: 'The list is empty.' }
    return { text: list.map(item => `[${item.done ? 'x' : ' '}] ${item.text}`).join('\n'), origin }
  },
})
