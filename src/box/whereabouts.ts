// Which file or folder a path inside a folder is now, without a link on the way, whatever others do meanwhile.
import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { CoopError } from '../errors.ts'

/** `device:inode`. Throws `box_failed` where a part of the way is a link or gone. */
export function whereabouts(folder: string, path: string): string {
  const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants
  let handle = openSync(folder, O_RDONLY | O_DIRECTORY)
  try {
    for (const part of path.split('/').filter(Boolean)) {
      // By the folder itself and not by its name, which may be another's by now.
      const next = openSync(`/proc/self/fd/${handle}/${part}`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      closeSync(handle)
      handle = next
    }
    const { dev, ino } = fstatSync(handle, { bigint: true })
    return `${dev}:${ino}`
  } catch (cause) {
    throw new CoopError(
      'box_failed',
      `${path} in the workspace was replaced while a box was opened; try again.`,
      {
        cause,
      },
    )
  } finally {
    closeSync(handle)
  }
}
