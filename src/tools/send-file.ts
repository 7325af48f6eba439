// send_file: hands a file of the workspace to the people of this conversation.
import { z } from 'zod'
import { tool } from './tool.ts'

export const sendFile = tool({
  name: 'send_file',
  description: 'Send a file of the workspace into this chat.',
  input: z.strictObject({ path: z.string().min(1), caption: z.string().max(1_000).optional() }),
  level: 'familiar',
  available: hands => hands.box !== null && hands.files !== null,
  traits: () => ({ effect: 'own', reach: 'none' }),
  run: async ({ path, caption }, hands, signal) => {
    const file = await hands.box!.take(path, signal)
    return { text: hands.files!.send(file, caption?.trim() ?? '') }
  },
})
