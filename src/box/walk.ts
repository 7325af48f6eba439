// Looks through the folders of a box for what must be hidden or kept from change.
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CoopError } from '../errors.ts'
import type { Secret } from './secrets.ts'
import type { Hidden } from './spec.ts'

/** Paths are relative to the workspace, or to the folder that was mounted beside it. */
export interface Found {
  readonly secrets: readonly Hidden[]
  /** Each `.git`, a folder or a worktree's file. */
  readonly repositories: readonly Hidden[]
}

const maxEntries = 500_000
const maxSecrets = 200

/** Walks `folders` below `base`, never through a symbolic link. `skip` names folders that are hidden already. */
export async function walk(
  base: string,
  folders: readonly string[],
  secret: Secret,
  skip: ReadonlySet<string>,
): Promise<Found> {
  const secrets: Hidden[] = []
  const repositories: Hidden[] = []
  const plain: string[] = []
  let entries = 0
  let level = [...folders]
  while (level.length > 0) {
    const next: string[] = []
    const read = async (folder: string) => {
      for (const entry of await readdir(join(base, folder), { withFileTypes: true }).catch(() => [])) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`
        const isFolder = entry.isDirectory()
        if (entry.isSymbolicLink() || skip.has(path)) continue
        if (secret(path, entry.name, isFolder)) secrets.push({ at: path, kind: isFolder ? 'folder' : 'file' })
        else if (entry.name === '.git') repositories.push({ at: path, kind: isFolder ? 'folder' : 'file' })
        else if (isFolder) next.push(path)
        else plain.push(path)
      }
    }
    for (let i = 0; i < level.length; i += 64) await Promise.all(level.slice(i, i + 64).map(read))
    entries = plain.length + next.length
    if (entries > maxEntries) {
      throw new CoopError(
        'box_failed',
        `${base} holds more than ${maxEntries} files; name its large folders in .coopignore.`,
      )
    }
    level = next
  }
  secrets.push(...(await otherNames(base, secrets, plain)))
  return { secrets: fewer(secrets, folders), repositories }
}

/** Further names of the same files: a hard link shows what its other name hides. */
async function otherNames(
  base: string,
  secrets: readonly Hidden[],
  plain: readonly string[],
): Promise<Hidden[]> {
  const linked = new Set<string>()
  const remember = async (path: string) => {
    const stat = await lstat(join(base, path)).catch(() => undefined)
    if (stat?.isFile() && stat.nlink > 1) linked.add(`${stat.dev}:${stat.ino}`)
  }
  for (const { at, kind } of secrets) {
    if (kind === 'file') await remember(at)
    else {
      const inside = await readdir(join(base, at), { recursive: true }).catch(() => [])
      for (const name of inside) await remember(`${at}/${name}`)
    }
  }
  if (linked.size === 0) return []
  const found: Hidden[] = []
  for (let i = 0; i < plain.length; i += 256) {
    await Promise.all(
      plain.slice(i, i + 256).map(async path => {
        const stat = await lstat(join(base, path)).catch(() => undefined)
        if (stat && linked.has(`${stat.dev}:${stat.ino}`)) found.push({ at: path, kind: 'file' })
      }),
    )
  }
  return found
}

/** Each hidden file slows the start of a box; above a number their folders are hidden whole. */
function fewer(secrets: readonly Hidden[], roots: readonly string[]): Hidden[] {
  if (secrets.length <= maxSecrets) return [...secrets]
  const byFolder = Map.groupBy(secrets, ({ at }) => at.slice(0, Math.max(at.lastIndexOf('/'), 0)))
  const groups = [...byFolder].sort(([, a], [, b]) => b.length - a.length)
  let left = secrets.length
  const out: Hidden[] = []
  for (const [folder, inside] of groups) {
    if (left <= maxSecrets || inside.length === 1 || roots.includes(folder)) out.push(...inside)
    else {
      out.push({ at: folder, kind: 'folder' })
      left -= inside.length - 1
    }
  }
  if (left > maxSecrets) {
    throw new CoopError(
      'box_failed',
      `More than ${maxSecrets} secret files lie about; put them into one folder, or name it in .coopignore.`,
    )
  }
  return out
}
