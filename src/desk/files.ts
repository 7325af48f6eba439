// The workspace's prompt files that a clearance may read, by configured path and trust.
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
} from 'node:fs'
import { join, sep } from 'node:path'
import { type Clearance, checkClearance } from '../access/clearance.ts'
import { atLeast, type Level, levelOf } from '../access/levels.ts'
import { messageOf } from '../errors.ts'
import { type Origin, worst } from '../store/entry.ts'
import { type FileFact, type FileOrigins, secondsOf } from '../store/file-origins.ts'

export interface Files {
  /** The text of a shared prompt file, or undefined if it is absent, unreadable or above this clearance. */
  shared(path: string, trust: Level): string | undefined
  /** The same inside the person's own folder. */
  own(path: string, trust: Level): string | undefined
  /** The worst that what was read so far came from. What a person put there counts as the household's own. */
  origin(): Origin
}

/** Bytes of one prompt file that are read. */
const maxBytes = 65_536

/** `originOf` is the ledger of what tools wrote. */
export function openFiles(clearance: Clearance, workspace: string, originOf: FileOrigins['of']): Files {
  checkClearance(clearance)
  let origin: Origin = 'agent'
  const read = (folder: string, path: string, trust: Level) => {
    const found = atLeast(levelOf(clearance.reads), trust) ? readInside(workspace, folder, path) : undefined
    const written = found && originOf(found.fact)
    if (written) origin = worst([origin, written.origin])
    return found?.text
  }
  return {
    origin: () => origin,
    shared: (path, trust) => read('', path, trust),
    own: (path, trust) =>
      clearance.person === null || clearance.place.kind !== 'direct'
        ? undefined
        : read(join('users', clearance.person), path, trust),
  }
}

/** Why the workspace cannot be read, as a sentence; undefined when it can. */
export function workspaceFault(workspace: string): string | undefined {
  try {
    readdirSync(workspace)
    return undefined
  } catch (error) {
    return `the workspace ${workspace} cannot be read, so the agent answers without its files: ${messageOf(error)}`
  }
}

/**
 * Reads a regular file that really lies inside a folder of the workspace. No link leads out of it, nor from what is
 * shared into a person's folder: whoever may write in the workspace can make links to what they may not read.
 */
function readInside(
  workspace: string,
  folder: string,
  path: string,
): { text: string; fact: FileFact } | undefined {
  if (!existsSync(join(workspace, folder, path))) return undefined
  let handle: number | undefined
  try {
    const top = realpathSync(workspace)
    const root = join(top, folder)
    const named = join(root, path)
    const real = realpathSync(named)
    if (!real.startsWith(root + sep)) return undefined
    if (real !== named && folder === '' && real.startsWith(join(top, 'users') + sep)) return undefined
    handle = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if (isElsewhere(handle, real)) return undefined
    const stat = fstatSync(handle, { bigint: true })
    if (!stat.isFile()) return undefined
    const buffer = Buffer.allocUnsafe(Math.min(Number(stat.size), maxBytes))
    const text = buffer.toString('utf8', 0, readSync(handle, buffer, 0, buffer.length, 0)).trim()
    const { dev, ino, birthtimeNs, ctimeNs } = stat
    const fact = {
      inode: `${dev}:${ino}`,
      birth: secondsOf(birthtimeNs),
      changed: secondsOf(ctimeNs),
      path: real,
    }
    return { text, fact }
  } catch {
    return undefined
  } finally {
    if (handle !== undefined) closeSync(handle)
  }
}

/** A folder on the way became a link after it was looked at. */
const isElsewhere = (handle: number, real: string): boolean =>
  process.platform === 'linux' && readlinkSync(`/proc/self/fd/${handle}`) !== real
