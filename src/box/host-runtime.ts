// No box: full-trust commands on the host itself, only because the configuration says so.
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { launchCommand } from './launch.ts'
import { type Ran, run } from './run.ts'
import { type BoxRuntime, type Exec, orderOf, type Proof } from './runtime.ts'
import { roomy, type ServeOrder, serve } from './serve.ts'
import type { BoxSpec } from './spec.ts'

/** `scratch` holds an empty home folder. Nothing is walled off, and the proof says so. */
export function openHost(scratch: string, reserve: number): BoxRuntime {
  const home = join(scratch, 'home')
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const launch = (spec: BoxSpec, argv: readonly string[], inside = spec.limits): ServeOrder => ({
    command: launchCommand(argv, inside, false, 'host'),
    cwd: spec.mounts[0]?.host ?? home,
    // Keys are in the gateway's environment; none of it is handed on.
    env: {
      PATH: `/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin${spec.node ? `:${dirname(process.execPath)}` : ''}`,
      HOME: home,
      LANG: 'C.UTF-8',
      ...spec.env,
    },
    args: Buffer.alloc(0),
    filter: Buffer.alloc(0),
    group: true,
    maxMemory: spec.limits.memory,
    disk: spec.mounts[0] ? { path: spec.mounts[0].host, reserve } : null,
  })
  const exec = (spec: BoxSpec, order: Exec, signal: AbortSignal): Promise<Ran> =>
    run(orderOf(launch(spec, order.argv), spec.limits, order), signal)
  const proof: Proof = {
    walls: [],
    problems: ['runtime "none": full-trust commands run on this computer without walls.'],
  }
  return {
    name: 'none',
    exec,
    serve: (spec, argv) => serve(launch(spec, argv, roomy(spec.limits))),
    probe: async () => proof,
  }
}
