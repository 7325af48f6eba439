// What the doctor runs: a subject, and what was found about it.
import type { Config } from '../../config/load.ts'
import type { Cli } from '../command.ts'

/** `failed`: something that Coop relies on. `not enforced`: nothing relies on it, or it could not be tried. */
export type Outcome = 'proved' | 'failed' | 'not enforced'

export interface Finding {
  readonly outcome: Outcome
  readonly title: string
  /** What is wrong and what mends it. */
  readonly detail?: string
}

/** One subject. A check that throws has failed. */
export interface Check {
  readonly name: string
  readonly run: (config: Config, signal: AbortSignal, cli: Cli) => Promise<readonly Finding[]>
}

/** A finding of something that is either as it has to be or not; `detail` is said when it is not. */
export const finding = (good: boolean, title: string, detail: string): Finding =>
  good ? { outcome: 'proved', title } : { outcome: 'failed', title, detail }
