// The one schema of coop.toml: types, defaults, messages, and what is said of each key.
import { z } from 'zod'
import { key, table, timezone, whole } from './keys.ts'
import { box } from './tables/box.ts'
import { channels } from './tables/channels.ts'
import { memory } from './tables/memory.ts'
import { budget, models, provider, transcription } from './tables/models.ts'
import { access, group, sessions, user } from './tables/people.ts'
import { mcp } from './tables/tool-servers.ts'
import { tools } from './tables/tools.ts'
import { cron, prompt, type promptFile, skills, subagents } from './tables/work.ts'

const agent = table({
  id: key(
    z.string().regex(/^[a-z0-9-]{1,40}$/, 'use small letters, digits and hyphens'),
    'The agent’s own short name.',
    { hot: false },
  ),
  model: key(
    z
      .string()
      .regex(/^[^/\s]+\/\S+$/, 'a model is "provider/model"')
      .default('anthropic/claude-opus-4-6'),
    'The model that answers, as provider/model.',
    { by: 'chat' },
  ),
  workspace: key(z.string().default('./workspaces/default'), 'The folder of the agent’s files.', {
    hot: false,
  }),
  timezone: key(timezone.optional(), 'The time zone of people who name none; the system’s if absent.', {
    by: 'chat',
  }),
})

const trace = table({
  enabled: key(z.boolean().default(true), 'Whether spans are written.', { by: 'chat' }),
  content: key(z.boolean().default(false), 'Whether spans hold message text.'),
  max_mb: key(z.number().positive().default(50), 'Megabytes of one trace file.', { by: 'chat' }),
  keep_days: key(whole().default(14), 'Days that trace files are kept.', { by: 'chat' }),
})

/** coop.toml. Only `[agent]` is required. */
export const configSchema = table({
  agent,
  users: z.array(user).default([]),
  groups: z.array(group).default([]),
  access: access.prefault({}),
  sessions: sessions.prefault({}),
  provider: provider.optional(),
  providers: z.array(provider).default([]),
  models: models.prefault({}),
  channels: channels.prefault({}),
  memory: memory.prefault({}),
  prompt: prompt.prefault({}),
  cron: z.array(cron).default([]),
  budget: budget.prefault({}),
  skills: skills.prefault({}),
  subagents: subagents.prefault({}),
  box: box.prefault({}),
  tools: tools.prefault({}),
  mcp: z.array(mcp).default([]),
  trace: trace.prefault({}),
  transcription: transcription.optional(),
})

export type Settings = z.output<typeof configSchema>
export type UserSettings = Settings['users'][number]
export type ToolServerSettings = z.output<typeof mcp>
export type PromptFile = z.output<typeof promptFile>
