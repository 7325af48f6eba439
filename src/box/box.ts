// A box as the rest of Coop sees it: commands and files of one clearance, each in a fresh start.
import { join, posix } from 'node:path'
import { CoopError } from '../errors.ts'
import { type Origin, worst } from '../store/entry.ts'
import type { Written } from '../store/file-origins.ts'
import type { Book } from './book.ts'
import type { Egress } from './egress.ts'
import { type Before, factsOf, type Lines, readLines, readWhole, type Slice, writeWhole } from './files.ts'
import { openInventory } from './inventory.ts'
import { isInstruction, type Policy, readingOnly } from './policy.ts'
import type { Door } from './proxy.ts'
import type { Ran } from './run.ts'
import type { BoxRuntime, Exec } from './runtime.ts'
import { type BoxSpec, workspaceAt } from './spec.ts'
import { everything, type Grounds, survey } from './survey.ts'

/** What was read, where its text came from, and what was open when it was written, if that is known. */
export interface Read extends Slice {
  readonly origin: Origin
  readonly labels: readonly string[] | null
}

export interface Box extends AsyncDisposable {
  /** Commands may run and files may be written. */
  readonly acts: boolean
  /** Where the workspace is, for paths that begin at the root. */
  readonly root: string
  readonly policy: Policy
  readonly egress: Egress
  /** Where a path of the box is on the host, for people; as it is, outside the workspace. */
  hostPath(path: string): string
  /** A path from the workspace's root on. */
  fromRoot(path: string): string
  /** One command. Without `quiet` it may reach the network, and what it reads and writes is followed. */
  exec(exec: Exec, signal: AbortSignal): Promise<Ran>
  readLines(path: string, lines: Lines, signal: AbortSignal): Promise<Read>
  readFile(path: string, maxBytes: number, signal: AbortSignal): Promise<Read>
  /** The worst that the text of these files came from: outside if one of them cannot be found. */
  originOf(paths: readonly string[], signal: AbortSignal): Promise<Origin>
  /** Throws `not_permitted` for what later turns read as instructions, in a turn that has seen text from outside. */
  writeFile(
    path: string,
    bytes: Uint8Array,
    before: Before,
    signal: AbortSignal,
    facts?: WriteFacts,
  ): Promise<void>
}

export interface WriteFacts {
  /** What went into the bytes; what the turn has seen by now, if absent. */
  readonly from?: Origin
  /** A fully trusted person said yes to this very text in this very place. */
  readonly sanctioned?: boolean
}

/** Opens the socket that a box reaches the network by. */
export type OpenDoor = (egress: Egress) => Promise<Door>

/** The turn that a box works for: the worst that is in its prompt now, and what is open to it. */
export interface BoxTurn {
  readonly seen: () => Origin
  readonly labels: readonly string[]
}

export interface BoxRooms {
  readonly runtime: BoxRuntime
  readonly grounds: Grounds
  readonly book: Book
  readonly openDoor: OpenDoor
}

/** A box of `policy`. What it holds is looked up anew at every command, so nothing stale is shown or hidden. */
export function boxOf(policy: Policy, turn: BoxTurn, { runtime, grounds, book, openDoor }: BoxRooms): Box {
  let door: ReturnType<OpenDoor> | undefined
  const root = policy.host ? grounds.workspace : workspaceAt
  const written = (): Written => ({ origin: turn.seen(), labels: turn.labels })

  const tainted = () => turn.seen() === 'outside'

  const specify = async (of: Policy, network: boolean, fixed = tainted()): Promise<BoxSpec> => {
    const seen = await survey({ ...of, instructionsReadOnly: fixed }, grounds)
    const proxy = network && reaches(policy) ? (await (door ??= openDoor(policy.egress))).socket : null
    return { ...seen, proxy, limits: policy.limits, env: {}, cwd: seen.cwd }
  }
  const reach = async (order: Exec, signal: AbortSignal): Promise<Ran> => {
    const spec = await specify(policy, true)
    const open = await door
    const before = open?.passed()
    const ran = await runtime.exec(spec, order, signal)
    // On the host itself nobody sees what reaches the network.
    return { ...ran, reached: policy.host || open?.passed() !== before }
  }
  // Reading and writing files needs no network, and starts faster without it. Who only reads leaves no access time.
  const reading = async (order: Exec, signal: AbortSignal) =>
    runtime.exec(await specify(readingOnly(policy), false), order, signal)
  const fromRoot = (path: string) => posix.relative(root, posix.resolve(root, path))
  const writing = async (order: Exec, signal: AbortSignal, fixed = tainted()) =>
    runtime.exec(await specify(policy, false, fixed), order, signal)
  const inventory = openInventory(
    (mode, order) =>
      runtime.exec(
        { ...everything(policy, grounds, mode), limits: policy.limits },
        order,
        AbortSignal.timeout(listingMs),
      ),
    policy.host ? [root] : [root, ...policy.mounts.map(mount => `/mnt/${mount.name}`)],
  )
  const known = (slice: Slice): Read => {
    const { origin, labels } = book.of(slice.fact)
    // What nobody noted is the household's own where the prompt is made of it.
    const own = labels === null && isInstruction(policy, fromRoot(slice.fact.path))
    return { ...slice, labels, origin: own ? 'agent' : origin }
  }

  return {
    acts: policy.acts,
    root,
    policy,
    egress: policy.egress,
    hostPath(path) {
      const way = posix.relative(root, posix.resolve(root, path))
      return way.startsWith('..') ? path : join(grounds.workspace, way)
    },
    exec: (order, signal) =>
      order.quiet === 'reading'
        ? reading(order, signal)
        : order.quiet === 'writing'
          ? writing(order, signal)
          : book.follow(written(), reaches(policy) || policy.host, inventory, () => reach(order, signal)),
    readLines: async (path, lines, signal) => known(await readLines(reading, path, lines, signal)),
    readFile: async (path, maxBytes, signal) => known(await readWhole(reading, path, maxBytes, signal)),
    async originOf(paths, signal) {
      const facts = await factsOf(reading, paths, signal)
      return facts.length < paths.length ? 'outside' : worst(facts.map(fact => book.of(fact).origin))
    },
    fromRoot,
    async writeFile(path, bytes, before, signal, { from = turn.seen(), sanctioned = false } = {}) {
      const closed = tainted()
      if (closed && !sanctioned && isInstruction(policy, fromRoot(path)))
        throw new CoopError(
          'not_permitted',
          `${path} is read as instructions by later turns. While text from outside is in the conversation, only a fully trusted person’s yes to the whole text lets it be written, by write_file or edit_file.`,
        )
      // One named file may lie anywhere, if it truly lies where it is named.
      const exactly = closed ? posix.resolve(root, path) : ''
      const run = (order: Exec, stop: AbortSignal) => writing(order, stop, false)
      return book.writes({ ...written(), origin: from }, () =>
        writeWhole(run, path, { bytes, before, exactly }, signal),
      )
    },
    [Symbol.asyncDispose]: async () => {
      // A door that did not open has told so to the command that wanted it.
      const opened = await door?.catch(() => undefined)
      await opened?.[Symbol.asyncDispose]()
    },
  }
}

const listingMs = 120_000

/** Whether a box of `policy` has a door to the network. */
export const reaches = ({ host, egress }: Policy): boolean =>
  !host && (egress.kind === 'open' || (egress.kind === 'allow' && egress.hosts.length > 0))
