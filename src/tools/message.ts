// Writes to somebody else, after the person who asked has seen the exact text and said yes.
import { z } from 'zod'
import { tool } from './tool.ts'
import { visible } from './visible.ts'

const input = z.object({
  to: z.string().min(1).max(100).describe('the person’s name'),
  text: z.string().trim().min(1).max(4_000).describe('exactly what they will read'),
})

export const message = tool<z.output<typeof input>>({
  name: 'message',
  description:
    'Send a message to another person of the household. The person you talk to is shown the text and must approve it.',
  input,
  level: 'inner',
  available: hands => hands.messages !== null,
  traits: ({ to, text }) => ({
    effect: 'own',
    reach: 'strong',
    ask: `Send this to ${to}?\n\n${visible(text ?? '')}`,
  }),
  async run({ to, text }, hands) {
    if (!hands.messages) return { text: 'Nobody can be written to from here.', isError: true }
    const { recipients } = hands.messages
    if (!recipients.some(name => name.toLowerCase() === to.toLowerCase())) {
      return {
        text: `There is no "${to}" to write to. Known: ${recipients.join(', ') || 'nobody'}.`,
        isError: true,
      }
    }
    return { text: hands.messages.send(to, text) }
  },
})
