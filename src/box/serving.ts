// What a long-lived program gets of a clearance's box: its walls and network, and of its files only what was asked for.
import { lstatSync, realpathSync } from 'node:fs'
import { basename, relative, resolve } from 'node:path'
import { CoopError } from '../errors.ts'
import type { Policy } from './policy.ts'
import { secretRule } from './secrets.ts'
import { type Mount, workspaceAt } from './spec.ts'
import type { Grounds } from './survey.ts'

export interface ServeWish {
  /** Files that it names are lent to the box; relative ones begin at the home, then at the workspace. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** What of the workspace it sees. */
  readonly files: 'none' | 'read' | 'write'
}

/** Nothing ends it by the clock, and it may say as much as it likes. */
const forever = 30 * 24 * 3_600_000

/** The policy of a program that serves: nothing personal, nothing that later turns read as instructions. */
export function servingPolicy(policy: Policy, files: ServeWish['files']): Policy {
  const roots = policy.roots.filter(root => !root.path.endsWith('/personal'))
  const mode = files === 'write' && policy.acts ? 'rw' : 'ro'
  return {
    ...policy,
    personal: null,
    instructionsReadOnly: true,
    roots: files === 'none' ? [] : roots.map(root => ({ ...root, mode: root.mode === 'rw' ? mode : 'ro' })),
    mounts: policy.mounts.map(mount => ({ ...mount, mode: mount.mode === 'rw' ? mode : 'ro' })),
    limits: { ...policy.limits, wallMs: forever },
  }
}

/** The command as it reads in the box, and the files on this computer that it names. Throws for one that no box may show. */
export function lend(
  argv: readonly string[],
  policy: Policy,
  grounds: Grounds,
): { argv: string[]; mounts: Mount[] } {
  const mounts: Mount[] = []
  if (policy.host) return { argv: argv.map(word => fileOf(word, grounds) ?? word), mounts }
  const seen = policy.roots.some(root => root.path === '')
  const inside = argv.map((word, index) => {
    const file = index === 0 && !word.includes('/') ? undefined : fileOf(word, grounds)
    if (file === undefined || file.startsWith('/usr/')) return word
    const path = relative(grounds.workspace, file)
    const ours = !path.startsWith('../')
    if (!ours && !relative(grounds.home, file).startsWith('../'))
      throw new CoopError(
        'box_failed',
        `${word} lies in Coop’s own home, which no box shows; move it elsewhere.`,
      )
    if (secretRule('')(ours ? path : file, basename(file), false))
      throw new CoopError(
        'box_failed',
        `${word} has the name of a secret, which no box shows; give it another.`,
      )
    if (ours && seen) return `${workspaceAt}/${path}`
    const at = `/opt/server/${index}/${basename(file)}`
    mounts.push({ host: file, at, mode: 'ro' })
    return at
  })
  return { argv: inside, mounts }
}

/** The real path of a file that a word of a command names; undefined for what is none. */
function fileOf(word: string, { home, workspace }: Grounds): string | undefined {
  if (word.startsWith('-') || word.includes('\0')) return undefined
  for (const base of [home, workspace]) {
    try {
      const real = realpathSync(resolve(base, word))
      if (lstatSync(real).isFile()) return real
    } catch {}
  }
  return undefined
}
