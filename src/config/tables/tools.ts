// The tables about tools: which calls wait for a person, and the web.
import { z } from 'zod'
import { key, level, pattern, secret, table, url } from '../keys.ts'

const approveRule = table({
  tool: key(z.string().min(1), 'The tool, or "*".'),
  argument: key(pattern.optional(), 'A pattern that the arguments hold.'),
  origin: key(
    z.enum(['outside', 'derived', 'any']).optional(),
    'Only while text of this origin is in the prompt.',
  ),
  who: key(level.optional(), 'Only for people up to this level.'),
  answer: key(z.enum(['allow', 'ask', 'deny']), 'What happens: nothing, a question, or a refusal.'),
})

export const tools = table({
  approve: table({
    rules: key(
      z.array(approveRule).default([]),
      'Which calls wait for a person; the first that fits counts.',
    ),
  }).prefault({}),
  web_search: table({
    provider: key(
      z.enum(['brave', 'perplexity', 'grok', 'searxng']).optional(),
      'Who searches; no search if absent.',
    ),
    api_key: key(secret.optional(), 'Its key, as "env:NAME".', { by: 'terminal' }),
    base_url: key(url.optional(), 'Where it is; needed for searxng.', { by: 'terminal' }),
    model: key(z.string().optional(), 'The provider’s model, for perplexity and grok.'),
    max_results: key(z.int().min(1).max(20).default(8), 'The most results of one search.', { by: 'chat' }),
  }).prefault({}),
  web_fetch: table({
    enabled: key(z.boolean().default(true), 'Whether pages can be fetched.'),
    max_mb: key(z.number().positive().max(100).default(5), 'Megabytes of one page, unpacked.', {
      by: 'chat',
    }),
    timeout_s: key(z.int().min(1).max(120).default(20), 'Seconds for one page.', { by: 'chat' }),
  }).prefault({}),
})
