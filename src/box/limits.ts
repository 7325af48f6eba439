// What a command may use, by level.
import type { Level } from '../access/levels.ts'

/** Sizes in bytes. */
export interface Limits {
  readonly wallMs: number
  /** Processes and threads together. */
  readonly procs: number
  /** Address space of one process, and resident memory of all together. */
  readonly memory: number
  /** Each of /tmp and the home folder, which live in memory and go with the command. */
  readonly tmp: number
  /** One file. */
  readonly file: number
  /** Standard output and error together; more ends the command. */
  readonly output: number
}

const MB = 1024 * 1024
const GB = 1024 * MB

export const defaultLimits: Readonly<Record<Level, Limits>> = {
  full: { wallMs: 600_000, procs: 512, memory: 8 * GB, tmp: GB, file: 2 * GB, output: MB },
  inner: { wallMs: 300_000, procs: 256, memory: 4 * GB, tmp: 512 * MB, file: GB, output: MB },
  familiar: { wallMs: 60_000, procs: 128, memory: 4 * GB, tmp: 128 * MB, file: 256 * MB, output: 256 * 1024 },
  public: { wallMs: 20_000, procs: 32, memory: 512 * MB, tmp: 32 * MB, file: 16 * MB, output: 64 * 1024 },
}

/** "512M" or "4G" in bytes. */
export const bytesOf = (size: string): number => Number.parseInt(size, 10) * (size.endsWith('G') ? GB : MB)
