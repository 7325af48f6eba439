// web_fetch: a web page as Markdown.
import { z } from 'zod'
import { tool } from './tool.ts'

const shown = 16_000

export const webFetch = tool({
  name: 'web_fetch',
  description: 'Read a web page as Markdown.',
  input: z.strictObject({
    url: z.string().min(1).max(8_000),
    from: z.int().min(0).default(0).describe('character to go on from'),
  }),
  level: 'familiar',
  available: hands => hands.web?.fetch != null,
  traits: () => ({ effect: 'read', reach: 'standing' }),
  run: async ({ url, from }, hands, signal) => {
    const page = await hands.web!.fetch!(url, signal)
    const end = from + shown
    const head = from === 0 ? `${page.title ? `# ${page.title}\n` : ''}${page.url}\n\n` : ''
    const more = page.text.length > end ? `\n[more follows: from ${end} of ${page.text.length}]` : ''
    return { text: head + page.text.slice(from, end) + more, origin: 'outside' }
  },
})
