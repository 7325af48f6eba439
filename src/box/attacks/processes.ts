// Attacks on what runs outside of a box.
import { type Attack, attack } from './attack.ts'

export const processesAttacks: readonly Attack[] = [
  attack(
    'processes',
    'host-processes',
    'processes of the host are not seen',
    '[ "$(ls -d /proc/[0-9]* | wc -l)" -lt 12 ] || leak "$(ls -d /proc/[0-9]* | wc -l) processes"',
  ),
  attack(
    'processes',
    'environment',
    'no process shows the gateway’s environment',
    'cat /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n" | grep -qF "API_$CANARY" && leak environment; tr "\\0" "\\n" </proc/1/environ | grep -qv "^PWD=" && leak "the first process has an environment"; env | grep -qF "API_$CANARY" && leak own',
  ),
  attack(
    'processes',
    'command-lines',
    'no command line names folders of the host',
    'cat /proc/[0-9]*/cmdline | tr "\\0" "\\n" | grep -qF -f <(echo "$HOST") && leak "$HOST"',
  ),
  attack(
    'processes',
    'kill-host',
    'no process of the host can be signalled',
    'grep -qzF sleep "/proc/$VICTIM/cmdline" 2>/dev/null && kill -0 "$VICTIM" 2>/dev/null && leak "signal to $VICTIM"',
  ),
  attack(
    'processes',
    'descriptors',
    'no open file of the gateway is handed in',
    'for n in 3 4 5 6 7 9 10 11 12 13 14 15; do [ -e "/proc/self/fd/$n" ] && leak "descriptor $n"; done',
  ),
  attack(
    'processes',
    'session',
    'the session of the gateway’s terminal is left',
    '[ "$(cut -d" " -f6 /proc/self/stat)" != 0 ] || leak "same session"',
  ),
  attack(
    'processes',
    'names',
    'the name of the host is not shown',
    '[ "$(cat /proc/sys/kernel/hostname)" = box ] || leak hostname',
  ),
  attack(
    'processes',
    'ipc',
    'message queues and semaphores are the box’s own',
    '[ "$(readlink /proc/self/ns/ipc)" != "$NS_IPC" ] || leak ipc; [ "$(readlink /proc/self/ns/cgroup)" != "$NS_CGROUP" ] || leak cgroup',
  ),
  attack(
    'processes',
    'crash',
    'a crash wakes no handler of the host',
    'c=$(grep -E "^Max core file size +" /proc/self/limits | tr -s " " | cut -d" " -f5,6); case "$c" in "1 1") ;; "0 0") skip "prlimit is not installed, or the gateway may make no memory images itself" ;; *) leak "limit $c" ;; esac',
  ),
]
