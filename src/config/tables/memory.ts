// The tables about memory: what goes with a message, what is captured, tidied, and sent away to be embedded.
import { z } from 'zod'
import { key, table, url, whole } from '../keys.ts'

const promptIndex = table({
  enabled: key(z.boolean().default(true), 'Whether fitting memories go with a message.', { by: 'chat' }),
  limit: key(whole().max(100).default(12), 'The most memories that go with a message.', { by: 'chat' }),
  max_tokens: key(whole().max(20_000).default(1_200), 'The most tokens they may take.', { by: 'chat' }),
})

const capture = table({
  enabled: key(z.boolean().default(true), 'Whether conversations are remembered by themselves.', {
    by: 'chat',
  }),
})

const retention = table({
  enabled: key(z.boolean().default(true), 'Whether memory is tidied.'),
  compress_after_days: key(whole().default(14), 'Days until old turns get a summary beside them.'),
  compression_min_cluster_size: key(z.int().min(2).default(3), 'The fewest turns worth a summary.'),
  archive_after_days: key(whole().default(30), 'Days until what has ended and is unused is archived.'),
  delete_archive_after_days: key(whole().default(365), 'Days until an archived memory is deleted.'),
  max_rows_per_run: key(z.int().min(1).default(200), 'The most rows that one run touches.', { by: 'chat' }),
})

const embedding = table({
  provider: key(z.enum(['openai', 'voyage', 'cohere', 'openai-compatible']), 'Who makes the vectors.', {
    hot: false,
  }),
  model: key(z.string().min(1), 'The embedding model.', { hot: false }),
  dimensions: key(z.int().min(8).max(4_096).optional(), 'The size of a vector; the model’s own if absent.', {
    hot: false,
  }),
  base_url: key(url.optional(), 'Where the API is; needed for openai-compatible.', {
    hot: false,
    by: 'terminal',
  }),
  api_key_env: key(
    z
      .string()
      .regex(/^(?:env:)?[A-Za-z_][A-Za-z0-9_]*$/, 'write the name of an environment variable')
      .optional(),
    'The environment variable that holds the key.',
    { hot: false, by: 'terminal' },
  ),
  stores: key(
    z.array(z.enum(['social', 'shared', 'private', 'personal'])).default(['shared', 'social']),
    'The stores whose text may be sent to the provider.',
    { hot: false },
  ),
})

export const memory = table({
  db_path: key(z.string().default('./db/memory.db'), 'Where the memory database is.', { hot: false }),
  prompt_index: promptIndex.prefault({}),
  capture: capture.prefault({}),
  retention: retention.prefault({}),
  embedding: embedding.optional(),
})
