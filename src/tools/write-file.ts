// write_file: a whole file at once.
import { z } from 'zod'
import { rewriteQuestion, writingTraits } from './rewrite.ts'
import { tool } from './tool.ts'

export const writeFile = tool({
  name: 'write_file',
  description: 'Create or replace a file of the workspace.',
  input: z.strictObject({ path: z.string().min(1), content: z.string().max(2_000_000) }),
  level: 'inner',
  available: hands => hands.box?.acts === true,
  traits: ({ path = '', content = '' }, hands) => writingTraits(path, content, hands),
  run: async ({ path, content }, hands, signal) => {
    const bytes = Buffer.from(content)
    await hands.box!.writeFile(path, bytes, { question: rewriteQuestion(path, content) }, signal)
    return { text: `Wrote ${bytes.length} bytes to ${path}.` }
  },
})
