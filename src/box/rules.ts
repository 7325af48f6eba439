// Settings to the rules that box policies are made of.
import { basename, resolve } from 'node:path'
import type { Level } from '../access/levels.ts'
import type { Config } from '../config/load.ts'
import type { Egress } from './egress.ts'
import { bytesOf, defaultLimits, type Limits } from './limits.ts'
import type { BoxRules } from './policy.ts'

type LevelSettings = Config['settings']['box']['inner']

const promptFiles = [
  'SOUL.md',
  'IDENTITY.md',
  'AGENTS.md',
  'TOOLS.md',
  'USER.md',
  'BOOTSTRAP.md',
  'HEARTBEAT.md',
]

/** `skills` are further workspace folders that turns read as instructions. */
export function boxRulesOf(config: Config, skills: readonly string[] = []): BoxRules {
  const { box, prompt } = config.settings
  const configured = [...prompt.shared_files, ...prompt.user_files].map(file => file.path)
  return {
    limits: {
      full: limitsOf(box.full, 'full'),
      inner: limitsOf(box.inner, 'inner'),
      familiar: limitsOf(box.familiar, 'familiar'),
      public: defaultLimits.public,
    },
    egress: {
      full: egressOf(box.full, { kind: 'open' }),
      inner: egressOf(box.inner, { kind: 'allow', hosts: [] }),
      familiar: egressOf(box.familiar, { kind: 'none' }),
      public: { kind: 'none' },
    },
    fullOnHost: box.full.where === 'host' || box.runtime === 'none',
    mounts: box.mounts.map(mount => {
      const host = resolve(config.home, mount.path)
      return { host, name: mount.name ?? basename(host), mode: mount.mode }
    }),
    levelOf: id => config.household.people.get(id)?.level,
    instructions: [
      ...new Set([...promptFiles, ...configured, 'channels', 'skills', '.coopignore', ...skills]),
    ],
  }
}

function limitsOf(settings: LevelSettings, level: Level): Limits {
  const limits = defaultLimits[level]
  return {
    ...limits,
    ...(settings.memory === undefined ? {} : { memory: bytesOf(settings.memory) }),
    ...(settings.pids === undefined ? {} : { procs: settings.pids }),
    ...(settings.timeout_s === undefined ? {} : { wallMs: settings.timeout_s * 1000 }),
  }
}

function egressOf(settings: LevelSettings, otherwise: Egress): Egress {
  const { egress } = settings
  if (egress === undefined) return otherwise
  return typeof egress === 'string' ? { kind: egress } : { kind: 'allow', hosts: egress }
}
