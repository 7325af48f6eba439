// The tables about models: who answers, who listens, and what may be spent.
import { z } from 'zod'
import { key, secret, table, url } from '../keys.ts'

export const provider = table({
  name: key(z.enum(['anthropic', 'openai-compatible', 'offline']), 'The kind of provider.'),
  id: key(
    z
      .string()
      .regex(/^[a-z0-9._-]+$/)
      .optional(),
    'How models name it; the name if absent.',
  ),
  api_keys: key(z.array(secret).default([]), 'Keys, each "env:NAME"; several rotate.', { by: 'terminal' }),
  base_url: key(url.optional(), 'Where the API is.', { by: 'terminal' }),
  headers: key(z.record(z.string(), z.string()).default({}), 'Extra request headers.', { by: 'terminal' }),
  context_limits: key(
    z.record(z.string(), z.int().min(1_000)).default({}),
    'Context size in tokens, by model.',
  ),
})

export const models = table({
  fast: key(z.string().optional(), 'The cheap model for side work, as provider/model.', { by: 'chat' }),
  fallback: key(z.array(z.string()).default([]), 'Models to try when the first cannot answer.'),
  aliases: key(z.record(z.string(), z.string()).default({}), 'Short names for models.', { by: 'chat' }),
})

export const transcription = table({
  base_url: key(url.optional(), 'The openai-compatible endpoint; OpenAI’s if absent.', { by: 'terminal' }),
  model: key(z.string().default('whisper-1'), 'The model that listens.'),
  api_key: key(secret.optional(), 'Its key, as "env:NAME".', { by: 'terminal' }),
})

export const budget = table({
  daily_usd: key(
    z.record(z.string(), z.number().nonnegative()).default({}),
    'US dollars a day, by level or by person’s id; no limit where none is named.',
  ),
})
