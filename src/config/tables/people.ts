// The tables about people: who they are, where they are met, and what happens to those nobody named.
import { z } from 'zod'
import { key, level, match, pattern, table, timezone, whole } from '../keys.ts'

export const user = table({
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

export const group = table({
  match: key(match, 'The group, as "channel:identifier".'),
  trigger: key(z.enum(['mention', 'always', 'regex']).default('mention'), 'What makes the agent answer.'),
  mention_names: key(z.array(z.string().min(1)).default([]), 'Names that count as a mention.'),
  trigger_regex: key(pattern.optional(), 'The pattern for trigger = "regex".'),
  members: key(z.array(z.string()).default([]), 'Who the owner says is in it, by name or id.'),
  ceiling: key(level.default('familiar'), 'The highest level that the group opens.'),
  default_trust: key(level.default('public'), 'The level of members nobody named.'),
  history_limit: key(whole().max(500).default(50), 'How many overheard messages are kept as context.', {
    by: 'chat',
  }),
})

export const access = table({
  unknown: key(z.enum(['pair', 'ignore', 'public']).default('pair'), 'What happens to strangers.'),
  public_daily_messages: key(whole().default(20), 'How many messages a day strangers get answered, each.'),
})

export const sessions = table({
  direct: key(
    z.enum(['person', 'channel']).default('person'),
    'Whether a person’s direct chats are one conversation.',
  ),
})
