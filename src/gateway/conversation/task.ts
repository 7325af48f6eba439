// What waits in a lane: a message as it was cleared on arrival, a turn to run on, a session to sum up.
import type { Clearance } from '../../access/clearance.ts'
import type { ErrandWork } from '../errand.ts'

export interface MessageTask extends ErrandWork {
  readonly kind: 'message'
}

/** The older part of the session is summed up. */
export interface CompactTask {
  readonly kind: 'compact'
  readonly session: string
  readonly clearance: Clearance
  readonly trace: string
}

export type Task =
  | MessageTask
  | { readonly kind: 'resume'; readonly turn: string; readonly session: string }
  | CompactTask
