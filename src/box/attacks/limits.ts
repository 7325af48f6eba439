// Attacks on the limits of a box.
import { type Attack, attack } from './attack.ts'

export const limitsAttacks: readonly Attack[] = [
  attack(
    'procs',
    'fork-bomb',
    'the number of processes is limited',
    '[ "$(ulimit -Hu)" = "$PROCS" ] || leak "no limit"; (ulimit -u 1; exec xargs -n1 true <<<x) 2>/dev/null && leak "limit without force"; true',
  ),
  attack(
    'memory',
    'address-space',
    'the memory of a process is limited',
    '[ "$(ulimit -Hv)" = "$MEMORY" ] || leak "no limit"',
  ),
  attack(
    'memory',
    'file-size',
    'the size of a file is limited',
    '[ "$(ulimit -Hf)" = "$FILE" ] || leak "no limit"',
  ),
  attack(
    'memory',
    'memory-disks',
    'folders in memory are limited',
    'for d in /tmp "$HOME" /run; do [ $(($(stat -fc "%b * %S" "$d"))) -le "$TMP" ] || leak "$d"; done',
  ),
]
