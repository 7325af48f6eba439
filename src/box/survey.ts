// From a policy to a specification: which real folders are there now, and what in them is hidden or fixed.
import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import { CoopError } from '../errors.ts'
import { type Policy, personalFolders } from './policy.ts'
import { secretRule } from './secrets.ts'
import { type BoxSpec, type Hidden, type Mount, workspaceAt } from './spec.ts'
import { walk } from './walk.ts'
import { whereabouts } from './whereabouts.ts'

export interface Grounds {
  /** The workspace; a real path. */
  readonly workspace: string
  /** The folder of coop.toml and the databases, which no mount may contain. */
  readonly home: string
}

/** Mounts and shadows for `policy` as the folders are at this moment. Throws `box_failed` for a link on the way. */
export async function survey(
  policy: Policy,
  grounds: Grounds,
): Promise<Pick<BoxSpec, 'mounts' | 'hidden' | 'cwd'>> {
  const { workspace } = grounds
  if (contains(workspace, grounds.home)) {
    throw new CoopError(
      'box_failed',
      `The workspace ${workspace} contains the home of Coop; give it a folder of its own.`,
    )
  }
  const table = new Table(workspace)
  for (const root of policy.roots) lay(table, policy, root.path, root.mode)
  const secret = secretRule(ignoreFile(workspace))
  const hiddenAlready = new Set(table.hidden.map(({ at }) => at))
  const roots = policy.roots.map(root => root.path)
  const found = await walk(workspace, roots, secret, hiddenAlready)
  if (policy.acts) {
    for (const { at, kind } of found.repositories) fixRepository(table, at, kind)
    // What is moved while another box looks for it would not be found there.
    for (const { at } of found.secrets) pinAncestors(table, at)
  }
  table.hidden.push(...found.secrets)
  const covered = (path: string) => table.hidden.some(({ at }) => contains(`/${at}`, `/${path}`))
  const mounts: Mount[] = table.mounts.map(({ path, mode }) => ({
    host: join(workspace, path),
    at: inBox(path),
    mode,
    ...(gatewayMade(path) || covered(path) ? {} : { is: whereabouts(workspace, path) }),
    ...(path === table.bare ? { bare: true } : {}),
  }))
  const hidden = table.hidden.map(({ at, kind }) => ({ at: inBox(at), kind }))
  for (const extra of policy.mounts) {
    const at = `/mnt/${extra.name}`
    mounts.push({ host: realFolder(extra.host, grounds), at, mode: extra.mode })
    const inside = await walk(extra.host, [''], secretRule(''), new Set())
    hidden.push(...inside.secrets.map(entry => ({ at: `${at}/${entry.at}`, kind: entry.kind })))
  }
  return { mounts, hidden, cwd: workspaceAt }
}

/** Every folder that some box could show, for the gateway's own listings. Nothing in it is hidden. */
export function everything(policy: Policy, grounds: Grounds, mode: 'ro' | 'rw'): Omit<BoxSpec, 'limits'> {
  const mounts = [
    { host: grounds.workspace, at: workspaceAt, mode },
    ...policy.mounts.map(mount => ({
      host: realFolder(mount.host, grounds),
      at: `/mnt/${mount.name}`,
      mode: mode === 'rw' ? mount.mode : mode,
    })),
  ]
  return { mounts, hidden: [], proxy: null, env: {}, cwd: workspaceAt }
}

/** Whether `path` is `folder` or below it. */
function contains(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith('../')
}

class Table {
  readonly workspace: string
  readonly modes = new Map<string, 'ro' | 'rw'>()
  readonly hidden: Hidden[] = []
  /** The folder of which each folder inside is laid by itself. */
  bare: string | undefined

  constructor(workspace: string) {
    this.workspace = workspace
  }

  add(path: string, mode: 'ro' | 'rw'): void {
    this.modes.set(path, mode)
  }

  /** What comes to lie inside another mount comes after it. */
  get mounts(): { path: string; mode: 'ro' | 'rw' }[] {
    const depth = (path: string) => (path === '' ? 0 : path.split('/').length)
    return [...this.modes]
      .map(([path, mode]) => ({ path, mode }))
      .sort((a, b) => depth(a.path) - depth(b.path))
  }

  /** How `path` is mounted, by the mount nearest above it. */
  modeOf(path: string): 'ro' | 'rw' | undefined {
    return this.mounts.findLast(mount => contains(`/${mount.path}`, `/${path}`))?.mode
  }

  kind(path: string): 'folder' | 'file' | undefined {
    const stat = lstatSync(join(this.workspace, path), { throwIfNoEntry: false })
    return stat?.isDirectory() ? 'folder' : stat?.isFile() ? 'file' : undefined
  }

  folders(path: string): string[] {
    return readdirSync(join(this.workspace, path), { withFileTypes: true })
      .filter(entry => entry.isDirectory())
      .map(entry => (path === '' ? entry.name : `${path}/${entry.name}`))
  }
}

/** Every folder that another mount begins at is bound on itself: a mount point cannot be moved away. */
function lay(table: Table, policy: Policy, path: string, mode: 'ro' | 'rw'): void {
  let way = ''
  for (const part of path.split('/').filter(Boolean)) {
    way = way === '' ? part : `${way}/${part}`
    if (table.kind(way) !== 'folder')
      throw new CoopError('box_failed', `${way} in the workspace is not a plain folder.`)
  }
  const fixed = policy.instructionsReadOnly && mode === 'rw'
  const instructions = new Set(policy.instructions)
  const level = (folder: string) => {
    table.add(folder, fixed ? 'ro' : mode)
    if (!fixed) return
    for (const inside of table.folders(folder)) {
      const name = folder === '' ? inside : inside.slice(folder.length + 1)
      if (!instructions.has(name)) table.add(inside, 'rw')
    }
  }
  const person = /^users\/([^/]+)$/.exec(path)?.[1]
  level(path)
  if (path === '') {
    if (table.kind('users') === 'folder') {
      table.add('users', 'ro')
      table.bare = 'users'
      for (const folder of table.folders('users')) {
        level(folder)
        personal(table, policy, folder.slice('users/'.length), mode)
      }
    }
    if (table.kind('shared') === 'folder') table.add('shared', mode)
    // Who may rewrite the list of what is hidden could read it all.
    if (table.kind('.coopignore') === 'file') table.add('.coopignore', 'ro')
  }
  if (person !== undefined) personal(table, policy, person, mode)
  if (fixed) for (const name of policy.instructions) fixDeep(table, path, name)
}

function personal(table: Table, policy: Policy, person: string, mode: 'ro' | 'rw'): void {
  for (const name of personalFolders) {
    const path = `users/${person}/${name}`
    if (table.kind(path) !== 'folder') continue
    if (policy.personal === person) table.add(path, mode)
    else table.hidden.push({ at: path, kind: 'folder' })
  }
}

/** An instruction below a folder that is otherwise writable; where it is absent, the folder stays as it is. */
function fixDeep(table: Table, root: string, name: string): void {
  if (!name.includes('/')) return
  const parts = name.split('/')
  const base = root === '' ? '' : `${root}/`
  for (const depth of parts.keys()) {
    const way = base + parts.slice(0, depth + 1).join('/')
    const last = depth === parts.length - 1
    const kind = table.kind(way)
    if (kind === undefined) {
      table.add((base + parts.slice(0, depth).join('/')).replace(/\/$/, ''), 'ro')
      return
    }
    if (depth > 0) table.add(way, last ? 'ro' : 'rw')
  }
}

/** Folders that no box can put something else in the place of: the gateway makes them, and every box has them fixed. */
const gatewayMade = (path: string): boolean => /^(?:|users|shared|\.coopignore|users\/[^/]+)$/.test(path)

/** Nothing on the way to `at` can be moved. */
function pinAncestors(table: Table, at: string): void {
  const parts = at.split('/')
  for (let depth = 1; depth < parts.length; depth++) {
    const way = parts.slice(0, depth).join('/')
    if (!table.modes.has(way) && table.modeOf(way) === 'rw') table.add(way, 'rw')
  }
}

/** What a host's git would run or obey stays as it is; the repository cannot be swapped for another. */
function fixRepository(table: Table, at: string, kind: Hidden['kind']): void {
  pinAncestors(table, at)
  if (table.modeOf(at) !== 'rw') return
  table.add(at, kind === 'file' ? 'ro' : 'rw')
  if (kind === 'file') return
  for (const name of ['config', 'config.worktree', 'commondir', 'hooks', 'modules']) {
    if (table.kind(`${at}/${name}`) !== undefined) table.add(`${at}/${name}`, 'ro')
    else if (name === 'hooks') table.hidden.push({ at: `${at}/${name}`, kind: 'folder' })
  }
}

function realFolder(path: string, grounds: Grounds): string {
  let real: string
  try {
    real = realpathSync(path)
  } catch (cause) {
    throw new CoopError('box_failed', `${path} of [box] mounts cannot be found.`, { cause })
  }
  if (contains(real, grounds.home) || contains(grounds.home, real)) {
    throw new CoopError(
      'box_failed',
      `${path} of [box] mounts holds Coop’s own home, which is never mounted.`,
    )
  }
  return real
}

function ignoreFile(workspace: string): string {
  const path = join(workspace, '.coopignore')
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path, 'utf8') : ''
}

const inBox = (path: string): string => (path === '' ? workspaceAt : `${workspaceAt}/${path}`)
