// Puts the folder of one person into the personal part of another's, in one step.
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { CoopError } from '../errors.ts'
import { giveToBox } from './stage.ts'

/** Files that are counted, at most. */
const most = 10_000

/** Files in a person's folder. */
export function countFiles(workspace: string, person: string): number {
  const folder = join(workspace, 'users', person)
  if (!isFolder(folder)) return 0
  let files = 0
  const folders = [folder]
  for (let next = folders.pop(); next !== undefined && files < most; next = folders.pop()) {
    for (const entry of readdirSync(next, { withFileTypes: true })) {
      if (entry.isDirectory()) folders.push(join(next, entry.name))
      else files++
    }
  }
  return files
}

/**
 * Moves `users/<from>` to `users/<into>/personal/from-<from>`: it opens to nobody but `into`, alone with the agent,
 * whatever it was open to before. Returns the new path from the workspace on; null when there was no folder.
 */
export function joinFolder(workspace: string, from: string, into: string): string | null {
  const old = join(workspace, 'users', from)
  if (!isFolder(old)) return null
  const path = `users/${into}/personal`
  for (const folder of [`users/${into}`, path]) {
    const full = join(workspace, folder)
    if (isFolder(full)) continue
    mkdirSync(full, { mode: 0o700 })
    giveToBox(full)
  }
  let name = `from-${from}`
  for (let count = 2; existsSync(join(workspace, path, name)); count++) name = `from-${from}-${count}`
  renameSync(old, join(workspace, path, name))
  return `${path}/${name}`
}

/** Throws for what only looks like one: nothing is moved through a link. */
function isFolder(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat && !stat.isDirectory())
    throw new CoopError('box_failed', `${path} is not a plain folder; move it away.`)
  return stat !== undefined
}
