// A scratch household with canaries that a box must not find, and doors that it must not open.
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { silentLog } from '../../log.ts'
import type { Net } from '../dial.ts'
import { defaultLimits } from '../limits.ts'
import type { Policy } from '../policy.ts'
import { openProxy } from '../proxy.ts'
import type { BoxSpec } from '../spec.ts'
import { adopt, boxUser, giveToBox } from '../stage.ts'
import { survey } from '../survey.ts'
import { machines } from '../syscalls.ts'

export interface Ground extends AsyncDisposable {
  readonly spec: BoxSpec
  readonly canary: string
  /** A folder that no box shows. */
  readonly outside: string
}

/** Plants everything under /var/tmp, where any user could read it if nothing stood in between. */
export async function openGround(): Promise<Ground> {
  const canary = randomUUID()
  const host = mkdtempSync('/var/tmp/coop-doctor-')
  await using opened = new AsyncDisposableStack()
  opened.defer(() => rmSync(host, { recursive: true, force: true }))
  chmodSync(host, 0o755)
  const workspace = plant(host, canary)
  const home = join(host, 'home')

  const server = createServer(socket => socket.on('error', () => {}).end(canary)).listen(0, '127.0.0.1')
  const abstract = createServer().listen(`\0coop-${canary}`)
  const gateway = createServer().listen(join(home, 'run/coop.sock'))
  const doors = [server, abstract, gateway]
  opened.defer(() => {
    for (const door of doors) door.close()
  })
  await Promise.all(
    doors.map(
      door => new Promise((resolve, reject) => door.once('listening', resolve).once('error', reject)),
    ),
  )
  const { port } = server.address() as { port: number }
  const memory = join('/dev/shm', canary)
  writeFileSync(memory, canary)
  opened.defer(() => rmSync(memory, { force: true }))
  const user = process.getuid?.() === 0 ? { uid: boxUser, gid: boxUser } : {}
  const victim = spawn('sleep', ['600'], {
    env: { [`API_${canary}`]: canary },
    stdio: 'ignore',
    cwd: '/',
    ...user,
  })
  victim.on('error', () => {})
  opened.defer(() => void victim.kill('SIGKILL'))

  const net: Net = {
    resolve: async name => [name.startsWith('private.') ? '10.0.0.1' : '93.184.215.14'],
    connect: () => connect(port, '127.0.0.1'),
  }
  const egress = { kind: 'allow', hosts: ['allowed.example.com', 'private.example.com'] } as const
  const sockets = join(host, 'sockets')
  mkdirSync(sockets, { mode: 0o700 })
  const proxy = opened.use(await openProxy({ folder: sockets, egress, net, log: silentLog() }))

  await adopt(workspace)
  const limits = { ...defaultLimits.full, wallMs: 60_000, output: 4 * 1024 * 1024 }
  const policy: Policy = {
    level: 'full',
    person: 'alice',
    roots: [{ path: '', mode: 'rw' }],
    personal: 'alice',
    mounts: [],
    instructionsReadOnly: false,
    instructions: [],
    acts: true,
    host: false,
    egress,
    limits,
  }
  const env = {
    CANARY: canary,
    HOST: host,
    PORT: String(port),
    VICTIM: String(victim.pid ?? 0),
    PROCS: String(limits.procs),
    MEMORY: String(limits.memory / 1024),
    FILE: String(limits.file / 1024),
    TMP: String(limits.tmp),
    NS_IPC: readlinkSync('/proc/self/ns/ipc'),
    NS_CGROUP: readlinkSync('/proc/self/ns/cgroup'),
    ...Object.fromEntries(
      Object.entries(machines[process.arch]?.calls ?? {}).map(([name, number]) => [
        `NR_${name}`,
        String(number),
      ]),
    ),
  }
  const seen = await survey(policy, { workspace, home })
  const moved = opened.move()
  return {
    canary,
    outside: join(host, '.ssh'),
    spec: { ...seen, proxy: proxy.socket, limits, env },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  }
}

function plant(host: string, canary: string): string {
  const workspace = join(host, 'workspace')
  const write = (path: string) => {
    const file = join(host, path)
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, canary, { mode: 0o644 })
  }
  const outside = [
    '.ssh/id_ed25519',
    '.aws/credentials',
    'home/coop.toml',
    'home/db/memory.db',
    'home/run/lock',
  ]
  const inside = [
    'users/bob/personal/diary.md',
    'users/bob/notes.md',
    '.env',
    '.aws/credentials',
    '.coopignore',
    'app/.git/config',
    'app/.git/HEAD',
  ]
  for (const path of outside) write(path)
  for (const path of inside) write(join('workspace', path))
  mkdirSync(join(workspace, 'users/alice/personal'), { recursive: true })
  mkdirSync(join(workspace, 'app/.git/hooks'))
  mkdirSync(join(workspace, 'shared'))
  writeFileSync(join(workspace, '.coopignore'), '# nothing\n')
  linkSync(join(workspace, '.env'), join(workspace, 'innocent.txt'))
  symlinkSync('.env', join(workspace, 'link'))
  giveToBox(workspace)
  return workspace
}
