// What builds boxes on this system: each runtime shows what it can wall off before it is used.
import type { Limits } from './limits.ts'
import type { Order, Ran } from './run.ts'
import type { Served, ServeOrder } from './serve.ts'
import type { BoxSpec } from './spec.ts'

/** What was shown here, by trying: a wall that was not shown is not relied upon. */
export type Wall = 'files' | 'processes' | 'network' | 'calls' | 'user' | 'procs' | 'memory'

export interface Proof {
  readonly walls: readonly Wall[]
  /** What failed, and which package or setting would mend it; one line each. */
  readonly problems: readonly string[]
  /** Time ran out before anything was shown: on a busy machine another try may show it. */
  readonly late?: true
}

export interface Exec {
  readonly argv: readonly string[]
  readonly stdin?: Uint8Array
  /** At most the specification's. */
  readonly wallMs?: number
  readonly maxOutput?: number
  readonly onOutput?: (chunk: string) => void
  /** Needs no network, which makes the start faster, and writes nothing if it only reads. */
  readonly quiet?: 'reading' | 'writing'
}

export interface BoxRuntime {
  readonly name: 'bwrap' | 'none'
  /** Tries every wall; costs a few starts. */
  probe(signal: AbortSignal): Promise<Proof>
  /** One command in a fresh box of `spec`. */
  exec(spec: BoxSpec, exec: Exec, signal: AbortSignal): Promise<Ran>
  /** One long-lived program in a box of `spec`. */
  serve(spec: BoxSpec, argv: readonly string[]): Served
}

/** What a level's box rests on. Without all of them its tools are not there. */
export const required: readonly Wall[] = ['files', 'processes', 'network', 'calls', 'user', 'procs']

/** A command as it is run: for no longer than its box may. */
export const orderOf = (launch: ServeOrder, limits: Limits, exec: Exec): Order => ({
  ...launch,
  wallMs: Math.min(exec.wallMs ?? limits.wallMs, limits.wallMs),
  maxOutput: exec.maxOutput ?? limits.output,
  ...(exec.stdin ? { stdin: exec.stdin } : {}),
  ...(exec.onOutput ? { onOutput: exec.onOutput } : {}),
})
