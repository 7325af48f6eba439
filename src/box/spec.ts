// What a runtime renders: mounts in order, what is hidden, limits, and the door to the network.
import type { Limits } from './limits.ts'

export interface Mount {
  /** A real path of the host, without a symbolic link on the way. */
  readonly host: string
  /** Where it is in the box. */
  readonly at: string
  readonly mode: 'ro' | 'rw'
  /** Which one it has to be, as `device:inode`, where another box could put something else in its place. */
  readonly is?: string
  /** Shows nothing but what is mounted inside it: what comes into being there later is not in the box. */
  readonly bare?: true
}

export interface Hidden {
  readonly at: string
  readonly kind: 'file' | 'folder'
}

export interface BoxSpec {
  readonly mounts: readonly Mount[]
  readonly hidden: readonly Hidden[]
  /** The egress proxy's socket on the host; null for no network at all. */
  readonly proxy: string | null
  /** Node is on the path of its programs. */
  readonly node?: true
  readonly limits: Limits
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

/** Where the workspace is in every box. */
export const workspaceAt = '/work'
