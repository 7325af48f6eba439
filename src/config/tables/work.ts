// The tables about what the agent works with and on: prompt files, skills, jobs, subagents.
import { z } from 'zod'
import { cronRule, key, level, table, timezone, whole } from '../keys.ts'

export const promptFile = table({
  path: key(z.string(), 'The file, inside the workspace.'),
  trust: key(level, 'The lowest level whose prompt holds it.'),
  cache: key(z.enum(['stable', 'session', 'volatile']).default('session'), 'How often it is read anew.'),
})

export const prompt = table({
  shared_files: key(z.array(promptFile).default([]), 'Files in everybody’s prompt.'),
  user_files: key(z.array(promptFile).default([]), 'Files in a person’s prompt, in users/<id>/.'),
})

export const skills = table({
  paths: key(z.array(z.string()).default(['skills']), 'Folders inside the workspace that hold skills.'),
  trust: key(level.default('full'), 'The lowest level that has them.'),
})

export const cron = table({
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

export const subagents = table({
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
