// The tables about the box: what runs there, what it reaches, and how much it may take.
import { z } from 'zod'
import { host, key, size, table } from '../keys.ts'

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

export const box = table({
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
