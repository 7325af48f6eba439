// Ends what the boxes of a killed gateway left behind: a box that was just being built may not notice the death.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'

/** Stands in the command line of every box of a home, and names no folder. */
export const markOf = (home: string): string =>
  `box-${createHash('sha256').update(home).digest('hex').slice(0, 12)}`

/** Ends every process with `mark`; the caller has none running. Returns how many there were. */
export function endLeftovers(mark: string): number {
  const found = processes().filter(pid => commandOf(pid).includes(mark))
  for (const pid of found) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended by itself, or belongs to somebody who may not be disturbed.
    }
  }
  return found.length
}

function processes(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}

function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}
