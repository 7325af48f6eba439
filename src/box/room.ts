// Opens boxes for clearances, once a runtime has shown here that its walls stand.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import type { Clearance } from '../access/clearance.ts'
import { CoopError, messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { type FileOrigins, secondsOf } from '../store/file-origins.ts'
import { openBook } from './book.ts'
import { type Box, type BoxTurn, boxOf, reaches } from './box.ts'
import { account } from './bwrap.ts'
import { findBwrap, openBwrap, type Weaken } from './bwrap-runtime.ts'
import { internet, type Net } from './dial.ts'
import type { Egress } from './egress.ts'
import type { FolderLevels } from './folder-levels.ts'
import { openHost } from './host-runtime.ts'
import { endLeftovers, markOf } from './leftovers.ts'
import { type BoxRules, isInstruction, type Policy, personalFolders, policyOf } from './policy.ts'
import { openProxy } from './proxy.ts'
import { type BoxRuntime, type Proof, required } from './runtime.ts'
import type { Served } from './serve.ts'
import { lend, type ServeWish, servingPolicy } from './serving.ts'
import { workspaceAt } from './spec.ts'
import { adopt, giveToBox } from './stage.ts'
import { type Grounds, survey } from './survey.ts'

export interface RoomOptions {
  /** The workspace as configured; its folder must exist. */
  readonly workspace: string
  readonly home: string
  readonly runtime: 'auto' | 'bwrap' | 'none'
  /** Asked at each use: a changed configuration counts at once. */
  readonly rules: () => BoxRules
  /** Where the text of files came from; null beside a running gateway of this home: then only programs are served. */
  readonly origins: FileOrigins | null
  /** What people’s folders may hold from when they were trusted further; absent where nothing is kept of it. */
  readonly folderLevels?: FolderLevels
  readonly log: Log
  readonly net?: Net
  /** Bytes that commands leave free on the disk; default a tenth of it, at most a gigabyte. */
  readonly reserve?: number
  readonly weaken?: Weaken
}

export interface Boxes extends Disposable {
  /** What was shown of the box; tried once, then remembered. */
  proof(signal: AbortSignal): Promise<Proof>
  /** Whether `open` would give a box now, and whether it could act: known once the proof was tried. */
  offers(clearance: Clearance): Offer | null
  /**
   * Null where the clearance has no box, or none that holds: then its tools are not there. `seen`, the worst in
   * the prompt, is asked at every command, since a turn may read something from outside half-way.
   */
  open(clearance: Clearance, seen: BoxTurn['seen'], signal: AbortSignal): Promise<Box | null>
  /** Equal for clearances whose long-lived programs would have the same box; null where they have none. */
  sameBox(clearance: Clearance): string | null
  /** Starts a long-lived program; null where the clearance has no box, or none that holds. */
  serve(clearance: Clearance, wish: ServeWish, signal: AbortSignal): Promise<Served | null>
}

export interface Offer {
  readonly acts: boolean
  /** Whether what lies at a path of the box is read as instructions by later turns. */
  readonly instructs: (path: string) => boolean
}

/** How often a proof that took too long is tried again: turns wait for it, and would else be without hands for good. */
const lateTries = 2

/** Nothing is tried or started before it is needed. */
export function openBoxes(options: RoomOptions): Boxes {
  const { log, folderLevels } = options
  const rules = (): BoxRules => {
    const given = options.rules()
    const levelOf = (person: string) => {
      const now = given.levelOf(person)
      return now && folderLevels ? folderLevels.of(person, now) : now
    }
    return { ...given, levelOf }
  }
  const willWrite = ({ acts, person, level, roots }: Policy): void => {
    const isThere = roots.some(({ path }) => path === '' || path === `users/${person}`)
    if (acts && person !== null && isThere) folderLevels?.note(person, level)
  }
  let scratch: string | undefined
  let tried: Promise<{ runtime: BoxRuntime | null; proof: Proof }> | undefined
  let host: BoxRuntime | undefined
  let grounds: Grounds | undefined
  let holds = false
  const reserve = () => options.reserve ?? defaultReserve(options.workspace)
  const folder = () => (scratch ??= openScratch())
  const book = options.origins && openBook(options.origins, log, () => fileClock(join(folder(), 'clock')))

  const tryBwrap = async (signal: AbortSignal) => {
    try {
      const bwrap = options.runtime === 'none' ? undefined : findBwrap()
      if (!bwrap) return { runtime: null, proof: { walls: [], problems: [absence(options.runtime)] } }
      const mark = markOf(realpathSync(options.home))
      const left = options.origins === null ? 0 : endLeftovers(mark)
      if (left > 0) log.warn({ processes: left }, 'boxes of an earlier gateway were left, and were ended')
      const runtime = openBwrap({
        bwrap,
        mark,
        scratch: folder(),
        reserve: reserve(),
        ...(options.weaken ? { weaken: options.weaken } : {}),
      })
      let proof = await runtime.probe(signal)
      for (let more = lateTries; proof.late && more > 0 && !signal.aborted; more--) {
        log.warn('the box did not show its walls in time; it is tried again')
        proof = await runtime.probe(signal)
      }
      return { runtime, proof }
    } catch (error) {
      return { runtime: null, proof: { walls: [], problems: [messageOf(error)] } }
    }
  }
  const proven = async (signal: AbortSignal) => {
    const attempt = await (tried ??= tryBwrap(signal))
    holds = attempt.runtime !== null && required.every(wall => attempt.proof.walls.includes(wall))
    // A probe that was interrupted has shown nothing either way.
    if (signal.aborted && attempt.proof.problems.length > 0) tried = undefined
    return attempt
  }
  const ground = () => {
    if (grounds) return grounds
    const workspace = realpathSync(options.workspace)
    return (grounds = { workspace, home: realpathSync(options.home) })
  }
  const runtimeFor = async (policy: Policy, signal: AbortSignal): Promise<BoxRuntime | null> => {
    if (policy.host) return (host ??= openHost(folder(), reserve()))
    const { runtime, proof } = await proven(signal)
    if (runtime && holds) return runtime
    log.warn({ level: policy.level, problems: proof.problems }, 'no proven box; its tools are absent')
    return null
  }
  return {
    proof: async signal => (await proven(signal)).proof,
    offers(clearance) {
      const policy = policyOf(clearance, rules(), false)
      if (!policy || !(policy.host || holds)) return null
      const root = policy.host ? ground().workspace : workspaceAt
      return {
        acts: policy.acts,
        instructs: path => isInstruction(policy, relative(root, resolve(root, path))),
      }
    },
    open: async (clearance, seen, signal) => {
      const policy = policyOf(clearance, rules(), seen() === 'outside')
      const runtime = policy && (await runtimeFor(policy, signal))
      if (!policy || !runtime || !book) return null
      const found = ground()
      prepare(found.workspace, policy)
      willWrite(policy)
      await adopt(found.workspace)
      const net = options.net ?? internet
      const openDoor = (egress: Egress) => openProxy({ folder: folder(), egress, net, log })
      const turn = { seen, labels: clearance.reads }
      return boxOf(policy, turn, { runtime, grounds: found, book, openDoor })
    },
    sameBox(clearance) {
      const policy = policyOf(clearance, rules(), true)
      return policy && JSON.stringify(policy)
    },
    serve: async (clearance, wish, signal) => {
      const given = policyOf(clearance, rules(), true)
      const runtime = given && (await runtimeFor(given, signal))
      if (!given || !runtime) return null
      const policy = servingPolicy(given, wish.files)
      const found = ground()
      prepare(found.workspace, policy)
      willWrite(policy)
      await adopt(found.workspace)
      const lent = lend(wish.argv, policy, found)
      const seen = await survey(policy, found)
      const door = reaches(policy)
        ? await openProxy({ folder: folder(), egress: policy.egress, net: options.net ?? internet, log })
        : null
      const spec = {
        ...seen,
        mounts: [...seen.mounts, ...lent.mounts],
        proxy: door?.socket ?? null,
        node: true,
        limits: policy.limits,
        env: wish.env,
        cwd: wish.files === 'none' ? account.home : seen.cwd,
      } as const
      let ended: (() => void) | undefined
      try {
        signal.throwIfAborted()
        const writes = spec.mounts.some(mount => mount.mode === 'rw')
        ended = writes ? await book?.lasts({ origin: 'outside', labels: clearance.reads }) : undefined
        const served = runtime.serve(spec, lent.argv)
        void served.ended.then(() => {
          ended?.()
          return door?.[Symbol.asyncDispose]()
        })
        return served
      } catch (error) {
        ended?.()
        await door?.[Symbol.asyncDispose]()
        throw error
      }
    },
    [Symbol.dispose]: () => {
      if (scratch) rmSync(scratch, { recursive: true, force: true })
    },
  }
}

/** Makes the folders that a policy names; only the gateway makes them, so none is ever somebody's link. */
function prepare(workspace: string, policy: Policy): void {
  const wanted = ['users', 'shared']
  if (policy.person !== null) {
    const own = `users/${policy.person}`
    wanted.push(own, `${own}/output`, ...personalFolders.map(name => `${own}/${name}`))
  }
  // Who sees the whole workspace sees no personal folder of another: what is not there yet could not be hidden.
  if (policy.roots.some(root => root.path === ''))
    wanted.push(
      ...foldersIn(join(workspace, 'users')).flatMap(own =>
        personalFolders.map(name => `users/${own}/${name}`),
      ),
    )
  const kind = (path: string) => lstatSync(path, { throwIfNoEntry: false })
  for (const name of wanted) {
    const path = join(workspace, name)
    const stat = kind(path)
    if (stat && !stat.isDirectory())
      throw new CoopError('box_failed', `${path} is not a plain folder; move it away.`)
    if (stat) continue
    mkdirSync(path, { mode: 0o700 })
    giveToBox(path)
  }
  // Were it absent, a box could bring its own, and the gateway would work through its patterns.
  const ignore = join(workspace, '.coopignore')
  const stat = kind(ignore)
  if (!stat)
    writeFileSync(ignore, '# What no box shows: one pattern a line, as in a .gitignore.\n', { mode: 0o644 })
  else if (!stat.isFile()) throw new CoopError('box_failed', `${ignore} is not a plain file; move it away.`)
}

function foldersIn(path: string): string[] {
  if (!existsSync(path)) return []
  return readdirSync(path, { withFileTypes: true }).flatMap(entry => (entry.isDirectory() ? entry.name : []))
}

/** The kernel's clock for files lags behind the real one by up to a tick. */
function fileClock(path: string): string {
  writeFileSync(path, '')
  const { ctimeNs } = lstatSync(path, { bigint: true })
  return secondsOf(ctimeNs)
}

/** For sockets and generated files. The path is short: a socket's has at most 108 bytes. */
function openScratch(): string {
  return mkdtempSync(join(tmpdir(), 'coop-box-'))
}

function defaultReserve(workspace: string): number {
  const { blocks, bsize } = statfsSync(workspace)
  return Math.min(1024 ** 3, (blocks * bsize) / 10)
}

const absence = (runtime: RoomOptions['runtime']): string =>
  runtime === 'none'
    ? 'runtime = "none": only full trust has tools, and they run without walls.'
    : process.platform === 'linux'
      ? 'bubblewrap is not installed; on Debian and Ubuntu: apt-get install bubblewrap.'
      : `There is no box for ${process.platform} yet; file and shell tools are absent.`
