// For a gateway that is root: shows the box's own user the folders it needs, and nothing runs as root.
import { execFile } from 'node:child_process'
import { chownSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Mount } from './spec.ts'

/** A user and group that no distribution hands out; the workspace belongs to it where root runs the gateway. */
export const boxUser = 70_000

/**
 * The box's user may not be able to walk to the workspace (/root is 0700), and must not be root:
 * a process with the kernel's user 0 could write /proc/sys. So root binds the sources under a
 * fresh /tmp, becomes that user, and only then builds the box from there.
 */
export function staged(
  sources: readonly string[],
  bwrap: string,
): { command: string[]; at: (host: string) => string } {
  const names = new Map([...new Set(sources)].map((host, index) => [host, `/tmp/${index}`]))
  const binds = [...names].flatMap(([host, at]) => ['--bind', host, at])
  const user = String(boxUser)
  return {
    command: [
      ...[bwrap, '--die-with-parent', '--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID'],
      ...['--dev-bind', '/', '/', '--tmpfs', '/tmp', ...binds, '--'],
      ...['setpriv', '--reuid', user, '--regid', user, '--clear-groups', '--no-new-privs', '--'],
    ],
    at: host => names.get(host) ?? host,
  }
}

/** The same mounts, from their staged sources. */
export const restage = (mounts: readonly Mount[], at: (host: string) => string): Mount[] =>
  mounts.map(mount => ({ ...mount, host: at(mount.host) }))

/** Gives one file or folder to the user that boxes run as. */
export function giveToBox(path: string): void {
  if (process.getuid?.() === 0) chownSync(path, boxUser, boxUser)
}

/** Gives what root owns below `folder` to the user that boxes run as; links are not followed. */
export async function adopt(folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  const user = String(boxUser)
  await promisify(execFile)('chown', ['-R', '-P', '-h', '--from=0', `${user}:${user}`, '--', folder], {
    env: {},
  })
}
