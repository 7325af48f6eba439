// Whether a folder can still be written, and has room for what a gateway stores.
import { accessSync, constants, statfsSync } from 'node:fs'

const leastFree = 100 * 1024 ** 2

/** What stands in the way of storing, and what mends it; null if nothing does. */
export function spaceFault(folder: string): string | null {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch {
    return `${folder} cannot be written; mount its disk for writing, or open the folder to yourself with chmod u+rwx`
  }
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  return free < leastFree
    ? `the disk is ${free < 1024 ** 2 ? 'full' : 'nearly full'}: ${Math.floor(free / 1024 ** 2)} MB are free for ${folder}; make room, and what was held up goes on by itself`
    : null
}
