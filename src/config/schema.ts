// The one schema of coop.toml: types, defaults, messages, and what is said of each key.
import { z } from 'zod'
import { cronRule, host, key, level, match, secret, size, timezone, url } from './keys.ts'
import { mcp } from './tool-server-schema.ts'

const table = z.strictObject
const whole = () => z.int().nonnegative()

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

const user = table({
  name: key(z.string().trim().min(1).max(60), 'What the person is called.'),
  id: key(
    z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'use small letters, digits, hyphens and underscores')
      .optional(),
    'The person’s immutable id; the first name if absent.',
  ),
  trust: key(level, 'How far the person is trusted.'),
  match: key(z.array(match).default([]), 'The person’s identities, each "channel:identifier".'),
  max_trust: key(z.record(z.string(), level).default({}), 'The highest level on each channel.'),
  timezone: key(timezone.optional(), 'The person’s time zone.', { by: 'chat' }),
  model: key(z.string().optional(), 'The model that answers this person.', { by: 'chat' }),
})

const group = table({
  match: key(match, 'The group, as "channel:identifier".'),
  trigger: key(z.enum(['mention', 'always', 'regex']).default('mention'), 'What makes the agent answer.'),
  mention_names: key(z.array(z.string().min(1)).default([]), 'Names that count as a mention.'),
  trigger_regex: key(
    z.string().refine(isRegex, 'not a valid regular expression').optional(),
    'The pattern for trigger = "regex".',
  ),
  members: key(z.array(z.string()).default([]), 'Who the owner says is in it, by name or id.'),
  ceiling: key(level.default('familiar'), 'The highest level that the group opens.'),
  default_trust: key(level.default('public'), 'The level of members nobody named.'),
  history_limit: key(whole().max(500).default(50), 'How many overheard messages are kept as context.', {
    by: 'chat',
  }),
})

const access = table({
  unknown: key(z.enum(['pair', 'ignore', 'public']).default('pair'), 'What happens to strangers.'),
  public_daily_messages: key(whole().default(20), 'How many messages a day strangers get answered, each.'),
})

const sessions = table({
  direct: key(
    z.enum(['person', 'channel']).default('person'),
    'Whether a person’s direct chats are one conversation.',
  ),
})

const provider = table({
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

const models = table({
  fast: key(z.string().optional(), 'The cheap model for side work, as provider/model.', { by: 'chat' }),
  fallback: key(z.array(z.string()).default([]), 'Models to try when the first cannot answer.'),
  aliases: key(z.record(z.string(), z.string()).default({}), 'Short names for models.', { by: 'chat' }),
})

const telegram = table({
  token: key(secret, 'The bot’s token, as "env:NAME".', { by: 'terminal' }),
  api_root: key(url.optional(), 'Where the Bot API is, if not at Telegram.', { by: 'terminal' }),
  webhook_url: key(
    url.optional(),
    'The public address that Telegram calls; with it updates are not polled for.',
    { by: 'terminal' },
  ),
  webhook_port: key(
    z.int().min(1).max(65_535).default(8787),
    'The port on this machine that a reverse proxy passes webhook_url on to.',
  ),
})

const signalTestServer = table({
  port: key(z.int().min(1).max(65_535), 'The port on localhost.', { by: 'terminal' }),
  ca: key(z.string(), 'The PEM file of its certificate authority.', { by: 'terminal' }),
  trust_root: key(z.string(), 'The key that signs sealed-sender certificates, in base64.', {
    by: 'terminal',
  }),
  zk_params: key(z.string(), 'The server’s public parameters, in base64.', { by: 'terminal' }),
  storage_url: key(url, 'Where its storage service is; loopback only.', { by: 'terminal' }),
  cdn_url: key(url, 'Where its attachments are; loopback only.', { by: 'terminal' }),
})

const signal = table({
  db_path: key(z.string().default('./db/signal.db'), 'Where the linked device’s keys are.', { hot: false }),
  verbose: key(z.boolean().default(false), 'Whether partial replies are sent at each tool step.', {
    by: 'chat',
  }),
  test_server: key(signalTestServer.optional(), 'A test server on this machine in place of Signal.', {
    by: 'terminal',
  }),
})

const discord = table({
  token: key(secret, 'The bot’s token, as "env:NAME".', { by: 'terminal' }),
  api_root: key(url.optional(), 'Where the REST API is, if not at Discord.', { by: 'terminal' }),
  gateway_url: key(
    z.url({ protocol: /^wss?$/, error: 'not a ws or wss address' }).optional(),
    'Where the gateway is, if not where the REST API says.',
    { by: 'terminal' },
  ),
})

const channels = table({
  telegram: telegram.optional(),
  discord: discord.optional(),
  signal: signal.optional(),
})

const transcription = table({
  base_url: key(url.optional(), 'The openai-compatible endpoint; OpenAI’s if absent.', { by: 'terminal' }),
  model: key(z.string().default('whisper-1'), 'The model that listens.'),
  api_key: key(secret.optional(), 'Its key, as "env:NAME".', { by: 'terminal' }),
})

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

const memory = table({
  db_path: key(z.string().default('./db/memory.db'), 'Where the memory database is.', { hot: false }),
  prompt_index: promptIndex.prefault({}),
  capture: capture.prefault({}),
  retention: retention.prefault({}),
  embedding: embedding.optional(),
})

const promptFile = table({
  path: key(z.string(), 'The file, inside the workspace.'),
  trust: key(level, 'The lowest level whose prompt holds it.'),
  cache: key(z.enum(['stable', 'session', 'volatile']).default('session'), 'How often it is read anew.'),
})

const prompt = table({
  shared_files: key(z.array(promptFile).default([]), 'Files in everybody’s prompt.'),
  user_files: key(z.array(promptFile).default([]), 'Files in a person’s prompt, in users/<id>/.'),
})

const cron = table({
  name: key(z.string().trim().min(1).max(60), 'The job’s name.'),
  cron: key(cronRule, 'When: five fields, or six with seconds first.'),
  timezone: key(timezone.optional(), 'The zone of `cron`; the person’s if absent.', { by: 'chat' }),
  message: key(z.string().trim().min(1).max(8_000), 'What the agent is asked to do.'),
  user: key(z.string().optional(), 'Who it runs as, by id or name.'),
  trust: key(level.default('full'), 'What a job without a user may read.'),
  missed: key(
    z.enum(['run_once', 'skip']).default('run_once'),
    'What happens to due times while Coop did not run.',
    { by: 'chat' },
  ),
  retries: key(whole().max(10).default(3), 'How often a failed run is tried again.'),
  deliver: table({
    channel: key(z.string(), 'The channel that gets the answer.'),
    target: key(z.string(), 'An id on that channel, or a group’s.'),
  }).optional(),
})

const budget = table({
  daily_usd: key(
    z.record(z.string(), z.number().nonnegative()).default({}),
    'US dollars a day, by level or by person’s id; no limit where none is named.',
  ),
})

const skills = table({
  paths: key(z.array(z.string()).default(['skills']), 'Folders inside the workspace that hold skills.'),
  trust: key(level.default('full'), 'The lowest level that has them.'),
})

const subagents = table({
  trust: key(level.default('full'), 'The lowest level that may send subagents off.'),
  max_depth: key(whole().max(5).default(2), 'How deep subagents may send off others; 0 is none at all.'),
  max_children: key(z.int().min(1).max(20).default(5), 'How many work for one conversation at a time.'),
  timeout_s: key(z.int().min(10).max(86_400).default(900), 'Seconds until one is stopped.'),
  profiles: z
    .array(
      table({
        name: key(z.string().trim().min(1).max(60), 'What the agent asks for it by.'),
        instructions: key(z.string().max(8_000).optional(), 'What it is told beside its task.'),
        tools: key(z.array(z.string()).optional(), 'The tools it has, of those that its sender has.'),
        model: key(z.string().optional(), 'The model that it works with.', { by: 'chat' }),
        steps: key(z.int().min(1).max(40).optional(), 'The most model calls.', { by: 'chat' }),
      }),
    )
    .default([]),
})

const boxLevel = {
  egress: key(
    z.union([z.enum(['none', 'open']), z.array(host)], 'write "none", "open" or a list of hosts').optional(),
    'What commands reach: "none", "open", or a list of hosts, by the web’s ports unless one is named.',
  ),
  memory: key(size.optional(), 'Memory of a command and all it starts, like "4G".', { by: 'terminal' }),
  pids: key(z.int().min(16).max(32_768).optional(), 'Processes and threads of a command.', {
    by: 'terminal',
  }),
  timeout_s: key(z.int().min(1).max(86_400).optional(), 'Seconds a command may run.'),
}

const boxMount = table({
  path: key(z.string().min(1), 'A folder of this computer.', { by: 'terminal' }),
  name: key(
    z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,60}$/)
      .optional(),
    'Its name under /mnt; the folder’s own if absent.',
    {
      by: 'terminal',
    },
  ),
  mode: key(z.enum(['ro', 'rw']).default('ro'), 'Whether it may be written.', { by: 'terminal' }),
})

const box = table({
  runtime: key(
    z.enum(['auto', 'bwrap', 'none']).default('auto'),
    'What builds the box; "none" is no box, for full trust alone.',
    {
      by: 'terminal',
      hot: false,
    },
  ),
  full: z.preprocess(
    value => (typeof value === 'string' ? { where: value } : value),
    table({
      where: key(
        z.enum(['box', 'host']).default('box'),
        'Where full-trust commands run. `full = "host"` says the same.',
        {
          by: 'terminal',
        },
      ),
      ...boxLevel,
    }).prefault({}),
  ),
  inner: table(boxLevel).prefault({}),
  familiar: table(boxLevel).prefault({}),
  mounts: key(z.array(boxMount).default([]), 'More folders for full trust, under /mnt.', { by: 'terminal' }),
})

const approveRule = table({
  tool: key(z.string().min(1), 'The tool, or "*".'),
  argument: key(
    z.string().refine(isRegex, 'not a valid regular expression').optional(),
    'A pattern that the arguments hold.',
  ),
  origin: key(
    z.enum(['outside', 'derived', 'any']).optional(),
    'Only while text of this origin is in the prompt.',
  ),
  who: key(level.optional(), 'Only for people up to this level.'),
  answer: key(z.enum(['allow', 'ask', 'deny']), 'What happens: nothing, a question, or a refusal.'),
})

const tools = table({
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
export type ProviderSettings = z.output<typeof provider>
export type CronSettings = Settings['cron'][number]
export type ToolServerSettings = z.output<typeof mcp>
export type PromptFile = z.output<typeof promptFile>

function isRegex(source: string): boolean {
  try {
    new RegExp(source, 'u')
    return true
  } catch {
    return false
  }
}
