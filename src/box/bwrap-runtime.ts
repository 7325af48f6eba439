// Bubblewrap: one box a command, never as root, with a filter of system calls.
import { execFile } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { CoopError } from '../errors.ts'
import { account, bwrapArguments, descriptors, type Lent } from './bwrap.ts'
import { launchCommand } from './launch.ts'
import { prove } from './proof.ts'
import { type Ran, run } from './run.ts'
import { type BoxRuntime, type Exec, orderOf } from './runtime.ts'
import { encode, filterFor, type Instruction } from './seccomp.ts'
import { roomy, type ServeOrder, serve } from './serve.ts'
import type { BoxSpec } from './spec.ts'
import { restage, staged } from './stage.ts'

export interface BwrapOptions {
  /** The program, with its path. */
  readonly bwrap: string
  /** A folder of this gateway alone, for generated files. */
  readonly scratch: string
  /** Stands in the command line of each box. */
  readonly mark: string
  /** Bytes that must stay free on the workspace's disk. */
  readonly reserve: number
  /** Takes walls away, for the tests that show that each is missed. */
  readonly weaken?: Weaken
}

export interface Weaken {
  readonly args?: (args: string[]) => string[]
  /** What runs inside before the command. */
  readonly words?: (words: string[]) => string[]
  readonly filter?: (program: readonly Instruction[]) => readonly Instruction[]
  readonly limits?: (spec: BoxSpec) => BoxSpec
  readonly env?: Readonly<Record<string, string>>
  /** Runs as the gateway's own user even if that is root. */
  readonly asRoot?: boolean
}

/** Opens the runtime; throws `box_failed` where its parts are missing. */
export function openBwrap(options: BwrapOptions): BoxRuntime {
  const filter = filterFor(process.arch)
  if (!filter) throw new CoopError('box_failed', `There is no system-call filter for ${process.arch}.`)
  const lent = lend(options.scratch)
  const weaken = options.weaken ?? {}
  const bytes = encode(weaken.filter?.(filter) ?? filter)
  const asRoot = process.getuid?.() === 0 && !weaken.asRoot

  const launch = (spec: BoxSpec, argv: readonly string[], inside = spec.limits): ServeOrder => {
    const sources = [
      ...spec.mounts.map(mount => mount.host),
      lent.passwd,
      lent.group,
      lent.node,
      spec.proxy ?? [],
    ].flat()
    const stage = asRoot ? staged(sources, options.bwrap) : { command: [], at: (host: string) => host }
    const { at } = stage
    const args = bwrapArguments(
      { ...spec, mounts: restage(spec.mounts, at), proxy: spec.proxy === null ? null : at(spec.proxy) },
      { passwd: at(lent.passwd), group: at(lent.group), node: at(lent.node) },
    )
    const words = launchCommand(argv, inside, spec.proxy !== null, options.mark, spec.mounts)
    const disk = spec.mounts.find(mount => mount.mode === 'rw')
    return {
      command: [
        ...stage.command,
        options.bwrap,
        '--args',
        String(descriptors.args),
        '--',
        ...(weaken.words?.(words) ?? words),
      ],
      cwd: '/',
      env: weaken.env ?? {},
      args: Buffer.from((weaken.args?.(args) ?? args).map(part => `${part}\0`).join('')),
      filter: bytes,
      group: false,
      maxMemory: spec.limits.memory,
      disk: disk ? { path: disk.host, reserve: options.reserve } : null,
    }
  }
  const exec = (given: BoxSpec, order: Exec, signal: AbortSignal): Promise<Ran> => {
    const spec = weaken.limits?.(given) ?? given
    return run(orderOf(launch(spec, order.argv), spec.limits, order), signal)
  }
  return {
    name: 'bwrap',
    exec,
    serve: (spec, argv) => serve(launch(spec, argv, roomy(spec.limits))),
    probe: signal => prove(exec, options.scratch, signal),
  }
}

/** Where bubblewrap is; undefined if it is not installed. */
export function findBwrap(path = '/usr/local/bin:/usr/bin:/bin'): string | undefined {
  return path
    .split(delimiter)
    .map(folder => join(folder, 'bwrap'))
    .find(file => existsSync(file))
}

/** The installed version as numbers. */
export async function bwrapVersion(bwrap: string): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)(bwrap, ['--version'], { env: {} })
  return (/[\d.]+/.exec(stdout)?.[0] ?? '0.0').split('.').map(Number)
}

function lend(scratch: string): Lent {
  const passwd = join(scratch, 'passwd')
  const group = join(scratch, 'group')
  writeFileSync(
    passwd,
    `coop:x:${account.uid}:${account.gid}::${account.home}:/bin/bash\nnobody:x:65534:65534::/:/usr/sbin/nologin\n`,
    { mode: 0o644 },
  )
  writeFileSync(group, `coop:x:${account.gid}:\nnogroup:x:65534:\n`, { mode: 0o644 })
  return { passwd, group, node: process.execPath }
}
