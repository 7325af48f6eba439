// Shows that a box holds before anything relies on it: canaries are planted, and the box goes looking.

import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { messageOf } from '../errors.ts'
import { defaultLimits } from './limits.ts'
import type { BoxRuntime, Proof, Wall } from './runtime.ts'
import { type BoxSpec, workspaceAt } from './spec.ts'
import { giveToBox } from './stage.ts'

/** Each line prints a wall's name when that wall stands; the last is the sentinel. */
const script = `
leak=0
grep -rqs "$1" /home /root /tmp /run /mnt /work 2>/dev/null && leak=1
[ -r "$2" ] && leak=1
touch /usr/canary 2>/dev/null && leak=1
[ $leak = 0 ] && [ "$(cat /work/own)" = "$3" ] && touch /work/new && echo files
[ "$(ls -d /proc/[0-9]* | wc -l)" -lt 8 ] && ! tr '\\0' '\\n' </proc/1/environ | grep -qv '^PWD=' && echo processes
(exec 3<>"/dev/tcp/127.0.0.1/$4") 2>/dev/null || { [ "$(grep -c : /proc/net/dev)" = 1 ] && echo network; }
caps=$(grep -E '^Cap(Eff|Bnd|Prm):' /proc/self/status | grep -c 0000000000000000)
grep -q '^Seccomp:.2' /proc/self/status && ! chmod 4755 /work/new 2>/dev/null && ! unshare -U true 2>/dev/null && echo calls
[ "$caps" = 3 ] && grep -q '^NoNewPrivs:.1' /proc/self/status && ! { : >/proc/sys/kernel/core_pattern; } 2>/dev/null && echo user
[ "$(ulimit -u)" = "$5" ] && xargs -n1 true <<<x && ! (ulimit -u 1; exec xargs -n1 true <<<x) 2>/dev/null && echo procs
[ "$(ulimit -v)" = "$6" ] && ! (ulimit -v 1000; exec cat </dev/null) 2>/dev/null && echo memory
echo "sentinel $3"
`

const missing: Record<Wall, string> = {
  files: 'files of the host can be reached, or those of the box cannot',
  processes: 'processes of the host can be seen',
  network: 'the host’s loopback can be reached',
  calls: 'the system-call filter is not in force (kernel.seccomp)',
  user: 'the box keeps privileges',
  procs: 'the number of processes is not limited',
  memory: 'the memory of a process is not limited',
}

/** Runs the script in a box of `exec`. */
export async function prove(exec: BoxRuntime['exec'], scratch: string, signal: AbortSignal): Promise<Proof> {
  const [secret, sentinel] = [randomUUID(), randomUUID()]
  const folder = join(scratch, `proof-${secret.slice(0, 8)}`)
  const work = join(folder, 'work')
  mkdirSync(work, { recursive: true })
  writeFileSync(join(folder, 'canary'), secret, { mode: 0o644 })
  writeFileSync(join(work, 'own'), sentinel)
  for (const path of [work, join(work, 'own')]) giveToBox(path)
  const server = createServer().listen(0, '127.0.0.1')
  try {
    await new Promise(resolve => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const limits = { ...defaultLimits.familiar, wallMs: 20_000 }
    const spec: BoxSpec = {
      mounts: [{ host: work, at: workspaceAt, mode: 'rw' }],
      hidden: [],
      proxy: null,
      limits,
      env: {},
      cwd: workspaceAt,
    }
    const values = [secret, join(folder, 'canary'), sentinel, port, limits.procs, limits.memory / 1024]
    const ran = await exec(
      spec,
      { argv: ['/bin/bash', '-c', script, 'proof', ...values.map(String)] },
      signal,
    )
    const lines = ran.stdout.toString().split('\n')
    if (!lines.includes(`sentinel ${sentinel}`)) {
      return {
        walls: [],
        problems: [
          `The box ran but did not finish its proof: ${messageOf(ran.stderr.toString() || ran.ended)}`,
        ],
        ...(ran.ended === 'timeout' ? { late: true } : {}),
      }
    }
    const walls = (Object.keys(missing) as Wall[]).filter(wall => lines.includes(wall))
    const problems = (Object.keys(missing) as Wall[])
      .filter(wall => !walls.includes(wall))
      .map(wall => `${wall}: ${missing[wall]}.`)
    return { walls, problems }
  } catch (error) {
    return { walls: [], problems: [`${messageOf(error)} ${hint(messageOf(error))}`.trim()] }
  } finally {
    server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What mends the usual refusals. */
function hint(message: string): string {
  if (/namespace|Operation not permitted|uid map/i.test(message)) {
    return 'Unprivileged user namespaces seem to be off: set kernel.unprivileged_userns_clone=1, or on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0 or an AppArmor profile for bwrap.'
  }
  return /ENOENT|not found/.test(message)
    ? 'Install bubblewrap and bash, on Debian: apt-get install bubblewrap.'
    : ''
}
