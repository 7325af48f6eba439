// The workspace's prompt files that a clearance may read, by configured path and trust.
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
} from 'node:fs'
import { join, sep } from 'node:path'
import { type Clearance, checkClearance } from '../access/clearance.ts'
import { atLeast, type Level, levelOf } from '../access/levels.ts'
import { messageOf } from '../errors.ts'

export interface Files {
  /** The text of a shared prompt file, or undefined if it is absent, unreadable or above this clearance. */
  shared(path: string, trust: Level): string | undefined
  /** The same inside the person's own folder. */
  own(path: string, trust: Level): string | undefined
}

/** Bytes of one prompt file that are read. */
const maxBytes = 65_536

export function openFiles(clearance: Clearance, workspace: string): Files {
  checkClearance(clearance)
  const read = (folder: string, path: string, trust: Level) =>
    atLeast(levelOf(clearance.reads), trust) ? readInside(folder, path) : undefined
  return {
    shared: (path, trust) => read(workspace, path, trust),
    own: (path, trust) =>
      clearance.person === null || clearance.place.kind !== 'direct'
        ? undefined
        : read(join(workspace, 'users', clearance.person), path, trust),
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

/** Reads a regular file that really lies inside `folder`: no link leads out. */
function readInside(folder: string, path: string): string | undefined {
  if (!existsSync(join(folder, path))) return undefined
  let handle: number | undefined
  try {
    const root = realpathSync(folder)
    const real = realpathSync(join(root, path))
    if (!real.startsWith(root + sep)) return undefined
    handle = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const facts = fstatSync(handle)
    if (!facts.isFile()) return undefined
    const buffer = Buffer.allocUnsafe(Math.min(facts.size, maxBytes))
    return buffer.toString('utf8', 0, readSync(handle, buffer, 0, buffer.length, 0)).trim()
  } catch {
    return undefined
  } finally {
    if (handle !== undefined) closeSync(handle)
  }
}
