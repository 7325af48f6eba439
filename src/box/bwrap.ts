// A specification as bubblewrap's arguments: pure, so that a test can take any wall away.
import { dirname } from 'node:path'
import { proxyAt, proxyEnv } from './relay.ts'
import type { BoxSpec, Mount } from './spec.ts'

/** What the host lends every box. */
export interface Lent {
  /** Generated account files; real ones name the host's people. */
  readonly passwd: string
  readonly group: string
  /** The Node program that relays connections. */
  readonly node: string
}

/** Where Node is in a box. */
export const nodeAt = '/opt/coop/node'

/** The account that programs in a box believe to be. */
export const account = { uid: 1000, gid: 1000, home: '/home/coop' } as const

const fromEtc = [
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'alternatives',
  'ssl/certs',
  'ca-certificates',
  'pki',
  'localtime',
  'nsswitch.conf',
  'mime.types',
  'magic',
]

/** Descriptors that bubblewrap reads and writes beside the standard three. */
export const descriptors = { args: 3, seccomp: 4, info: 5, started: 6 } as const

/** Arguments in order; `--args` carries them, so that no host path shows in the box's process list. */
export function bwrapArguments(spec: BoxSpec, lent: Lent): string[] {
  const { limits } = spec
  const small = String(16 * 1024 * 1024)
  return [
    ...['--unshare-all', '--unshare-user', '--disable-userns'],
    ...['--uid', String(account.uid), '--gid', String(account.gid), '--hostname', 'box'],
    ...['--cap-drop', 'ALL', '--new-session', '--die-with-parent', '--clearenv'],
    ...['--ro-bind', '/usr', '/usr'],
    ...['bin', 'sbin', 'lib', 'lib64'].flatMap(name => ['--symlink', `usr/${name}`, `/${name}`]),
    ...['--dir', '/etc'],
    ...fromEtc.flatMap(name => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`]),
    ...['--ro-bind', lent.passwd, '/etc/passwd', '--ro-bind', lent.group, '/etc/group'],
    ...['--proc', '/proc', '--dev', '/dev'],
    ...['--size', small, '--perms', '1777', '--tmpfs', '/dev/shm', '--remount-ro', '/dev'],
    ...['--size', String(limits.tmp), '--perms', '1777', '--tmpfs', '/tmp'],
    ...['--size', small, '--perms', '0755', '--tmpfs', '/run'],
    ...['--size', String(limits.tmp), '--perms', '0700', '--tmpfs', account.home],
    ...spec.mounts.flatMap(bind),
    ...spec.mounts.flatMap(({ at, bare }) => (bare ? ['--remount-ro', at] : [])),
    ...spec.hidden.flatMap(({ at, kind }) =>
      kind === 'folder'
        ? ['--size', '4096', '--perms', '0500', '--tmpfs', at, '--remount-ro', at]
        : ['--ro-bind', '/dev/null', at],
    ),
    ...(spec.proxy === null && !spec.node ? [] : ['--ro-bind', lent.node, nodeAt]),
    ...(spec.proxy === null ? [] : ['--bind', spec.proxy, proxyAt]),
    ...['--remount-ro', '/'],
    ...Object.entries(environment(spec)).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--chdir', spec.cwd],
    ...['--seccomp', String(descriptors.seccomp), '--info-fd', String(descriptors.info)],
  ]
}

const bind = ({ host, at, mode, bare }: Mount): string[] =>
  bare ? ['--perms', '0755', '--tmpfs', at] : [mode === 'rw' ? '--bind' : '--ro-bind', host, at]

function environment(spec: BoxSpec): Record<string, string> {
  return {
    // The system's own Node comes first, where it has one.
    PATH: `/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin${spec.node ? `:${dirname(nodeAt)}` : ''}`,
    HOME: account.home,
    USER: 'coop',
    LANG: 'C.UTF-8',
    TMPDIR: '/tmp',
    ...(spec.proxy === null ? {} : proxyEnv),
    ...spec.env,
  }
}
