// A box as the rest of Coop sees it: commands and files of one clearance, each in a fresh start.
import type { Egress } from './egress.ts'
import { type Before, readBytes, readLines, readWhole, type Slice, writeWhole } from './files.ts'
import type { Policy } from './policy.ts'
import type { Door } from './proxy.ts'
import type { Ran } from './run.ts'
import type { BoxRuntime, Exec } from './runtime.ts'
import type { BoxSpec } from './spec.ts'
import { type Grounds, survey } from './survey.ts'

export interface Box extends AsyncDisposable {
  /** Commands may run and files may be written. */
  readonly acts: boolean
  /** Where the workspace is, for paths that begin at the root. */
  readonly root: string
  readonly policy: Policy
  readonly egress: Egress
  exec(exec: Exec, signal: AbortSignal): Promise<Ran>
  readBytes(path: string, offset: number, maxBytes: number, signal: AbortSignal): Promise<Slice>
  readLines(path: string, line: number, count: number, maxBytes: number, signal: AbortSignal): Promise<Slice>
  readFile(path: string, maxBytes: number, signal: AbortSignal): Promise<Buffer>
  writeFile(path: string, bytes: Uint8Array, before: Before, signal: AbortSignal): Promise<void>
}

/** Opens the socket that a box reaches the network by. */
export type OpenDoor = (egress: Egress) => Promise<Door>

/** A box of `policy`. What it holds is looked up anew at every command, so nothing stale is shown or hidden. */
export function boxOf(
  policy: Policy,
  tainted: () => boolean,
  runtime: BoxRuntime,
  grounds: Grounds,
  openDoor: OpenDoor,
): Box {
  let door: ReturnType<OpenDoor> | undefined
  const specify = async (network: boolean): Promise<BoxSpec> => {
    const seen = await survey({ ...policy, instructionsReadOnly: tainted() }, grounds)
    const proxy = network && reaches(policy) ? (await (door ??= openDoor(policy.egress))).socket : null
    return { ...seen, proxy, limits: policy.limits, env: {}, cwd: seen.cwd }
  }
  const exec = async (order: Exec, signal: AbortSignal): Promise<Ran> => {
    const spec = await specify(true)
    const open = await door
    const before = open?.passed()
    const ran = await runtime.exec(spec, order, signal)
    return { ...ran, reached: open?.passed() !== before }
  }
  // Reading and writing files needs no network, and starts faster without it.
  const quiet = async (order: Exec, signal: AbortSignal) => runtime.exec(await specify(false), order, signal)

  return {
    acts: policy.acts,
    root: policy.host ? grounds.workspace : '/work',
    policy,
    egress: policy.egress,
    exec: (order, signal) => (order.quiet ? quiet : exec)(order, signal),
    readBytes: (path, offset, maxBytes, signal) => readBytes(quiet, path, offset, maxBytes, signal),
    readLines: (path, line, count, maxBytes, signal) => readLines(quiet, path, line, count, maxBytes, signal),
    readFile: (path, maxBytes, signal) => readWhole(quiet, path, maxBytes, signal),
    writeFile: (path, bytes, before, signal) => writeWhole(quiet, path, bytes, before, signal),
    [Symbol.asyncDispose]: async () => {
      await (await door)?.[Symbol.asyncDispose]()
    },
  }
}

/** Whether a box of `policy` has a door to the network. */
export const reaches = ({ host, egress }: Policy): boolean =>
  !host && (egress.kind === 'open' || (egress.kind === 'allow' && egress.hosts.length > 0))
