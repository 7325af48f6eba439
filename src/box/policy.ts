// From a clearance to what its box holds and may do: pure data, no file system, no process.
import { type Clearance, checkClearance } from '../access/clearance.ts'
import { atLeast, compartmentsOf, type Level, personalOf } from '../access/levels.ts'
import type { Egress } from './egress.ts'
import type { Limits } from './limits.ts'

/** What the household and its settings say about boxes. */
export interface BoxRules {
  readonly limits: Readonly<Record<Level, Limits>>
  readonly egress: Readonly<Record<Level, Egress>>
  /** Full-trust commands run on the host, without walls. */
  readonly fullOnHost: boolean
  /** Folders of the host for full trust. */
  readonly mounts: readonly { readonly host: string; readonly name: string; readonly mode: 'ro' | 'rw' }[]
  /** The level of a known person, whatever the place. */
  readonly levelOf: (personId: string) => Level | undefined
  /** Workspace paths that later turns read as instructions. */
  readonly instructions: readonly string[]
}

/** A folder of the workspace, as a path from its root; '' is the whole. */
export interface Root {
  readonly path: string
  readonly mode: 'ro' | 'rw'
}

export interface Policy {
  readonly level: Level
  readonly person: string | null
  readonly roots: readonly Root[]
  /** Whose personal folders are there. */
  readonly personal: string | null
  readonly mounts: BoxRules['mounts']
  /** What later turns read as instructions cannot be written. */
  readonly instructionsReadOnly: boolean
  readonly instructions: readonly string[]
  /** Commands may run and files may be written; without it the box only reads. */
  readonly acts: boolean
  readonly host: boolean
  readonly egress: Egress
  readonly limits: Limits
}

/** The same box for who only reads in it. */
export const readingOnly = (policy: Policy): Policy => ({
  ...policy,
  acts: false,
  roots: policy.roots.map(root => ({ ...root, mode: 'ro' })),
  mounts: policy.mounts.map(mount => ({ ...mount, mode: 'ro' })),
})

/** Whether a path of the workspace is one that later turns read as instructions. */
export function isInstruction(policy: Policy, path: string): boolean {
  const inside = path.replace(/^users\/[^/]+\//, '')
  return policy.instructions.some(name => [path, inside].some(one => `${one}/`.startsWith(`${name}/`)))
}

/** Folders below `users/<id>/` that nobody but that person's direct conversations see. */
export const personalFolders = ['personal', 'inbox'] as const

/** The policy of a clearance; null where no box exists. `tainted`: text from outside is in the prompt. */
export function policyOf(clearance: Clearance, rules: BoxRules, tainted: boolean): Policy | null {
  checkClearance(clearance)
  const { level, person } = clearance
  if (level === 'public') return null
  const personal = person !== null && clearance.covers([personalOf(person)]) ? person : null
  const acts = atLeast(level, 'inner')
  const mode = acts ? 'rw' : 'ro'
  const roots: Root[] = []
  if (level === 'full') roots.push({ path: '', mode })
  else {
    const own = ownFolder(clearance, rules, personal)
    if (own !== null) roots.push({ path: own, mode })
    if (level === 'inner') roots.push({ path: 'shared', mode })
  }
  if (roots.length === 0) return null
  return {
    level,
    person,
    roots,
    personal,
    mounts: level === 'full' ? rules.mounts : [],
    instructionsReadOnly: tainted,
    instructions: rules.instructions,
    acts,
    host: level === 'full' && rules.fullOnHost,
    // Work without a person reaches nobody, so it reaches no network either.
    egress: person === null ? { kind: 'none' } : rules.egress[level],
    limits: rules.limits[level],
  }
}

/**
 * A person's folder belongs to the compartments of that person's own level, and its personal
 * part to them alone. Where the place opens less, what it does not open is not there.
 */
function ownFolder(clearance: Clearance, rules: BoxRules, personal: string | null): string | null {
  const { person } = clearance
  if (person === null) return null
  const own = rules.levelOf(person)
  if (own !== undefined && own !== 'public' && clearance.covers(compartmentsOf(own))) return `users/${person}`
  return personal === null ? null : `users/${person}/personal`
}
