// Puts a sign under the message that is being answered.
import { z } from 'zod'
import { tool } from './tool.ts'

const input = z.object({ emoji: z.string().min(1).max(16) })

export const react = tool<z.output<typeof input>>({
  name: 'react',
  description: 'Put an emoji under the newest message, instead of words or beside them.',
  input,
  level: 'familiar',
  available: hands => hands.reactions !== undefined,
  traits: () => ({ effect: 'own', reach: 'none' }),
  async run({ emoji }, hands, signal) {
    if (!hands.reactions) return { text: 'There are no reactions here.', isError: true }
    await hands.reactions.react(emoji, signal)
    return { text: `${emoji} is under the message.` }
  },
})
