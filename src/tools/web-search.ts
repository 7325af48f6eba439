// web_search: what a search provider finds.
import { z } from 'zod'
import { tool } from './tool.ts'

export const webSearch = tool({
  name: 'web_search',
  description: 'Search the web.',
  input: z.strictObject({ query: z.string().min(1).max(1_000), count: z.int().min(1).max(20).optional() }),
  level: 'familiar',
  available: hands => hands.web?.search != null,
  traits: () => ({ effect: 'read', reach: 'standing' }),
  run: async ({ query, count }, hands, signal) => {
    const results = await hands.web!.search!(query, count, signal)
    const lines = results.map(({ title, url, text }) =>
      [title && `## ${title}`, url, text].filter(Boolean).join('\n'),
    )
    return { text: lines.join('\n\n') || '(nothing found)', origin: 'outside' }
  },
})
