// The first program in a box: sets the limits that the kernel enforces, then becomes the command.
import { descriptors, nodeAt } from './bwrap.ts'
import type { Limits } from './limits.ts'
import { relaySource } from './relay.ts'
import type { Mount } from './spec.ts'

/**
 * The whole command line from bash on, with a mark to know it by. It marks itself as the first to be killed when memory
 * runs out, sees that nothing else was put in the place of what it holds, starts the relay if there is one, and says on its own descriptor that it came this far.
 */
export function launchCommand(
  argv: readonly string[],
  limits: Limits,
  relayed: boolean,
  mark: string,
  mounts: readonly Mount[] = [],
): string[] {
  const kilobytes = (bytes: number) => String(Math.max(1, Math.floor(bytes / 1024)))
  const checked = mounts.filter(({ is }) => is !== undefined)
  const cpu = String(Math.ceil(limits.wallMs / 1000) * 4)
  return [
    ...['/bin/bash', '--norc', '-c', script, mark],
    ...[
      String(limits.procs),
      kilobytes(limits.memory),
      kilobytes(limits.file),
      cpu,
      relayed ? relaySource : '',
      String(checked.length),
      checked.map(({ is }) => is).join('\n'),
      ...checked.map(({ at }) => at),
    ],
    ...argv,
  ]
}

// A limit of one byte, not zero, for memory images: the kernel then runs no crash handler of the host either.
const script = `
if [ "$6" -gt 0 ] && [ "$(/usr/bin/stat -c %d:%i -- "\${@:8:$6}")" != "$7" ]; then
  echo 'the workspace changed while it was opened; try again' >&2
  exit 125
fi
echo 1000 2>/dev/null >/proc/self/oom_score_adj
if [ -n "$5" ]; then
  exec 9< <(exec ${descriptors.started}>&- ${nodeAt} -e "$5" 2>/dev/null)
  read -r -t 10 -u 9 || exit 125
  exec 9<&-
fi
ulimit -n 1024 -u "$1" -v "$2" -f "$3" -t "$4" || exit 125
printf s >&${descriptors.started}
exec ${descriptors.started}>&-
shift $((7 + $6))
[ -x /usr/bin/prlimit ] && ulimit -c 1 2>/dev/null && exec /usr/bin/prlimit --core=1:1 -- "$@"
ulimit -c 0
exec "$@"
`
