// What an attack on a box is: what it tries, and the words of the shell that it has for it.
import type { Wall } from '../runtime.ts'

export interface Attack {
  readonly name: string
  /** What does not happen, as the report says it. */
  readonly title: string
  readonly wall: Wall
  /**
   * Bash, run inside. `leak WHAT` reports a success of the attack, `skip WHY` that it could not be
   * tried. `sys NAME ARGS…` makes a system call and prints its error number, 0 for success.
   */
  readonly script: string
}

export const attack = (wall: Wall, name: string, title: string, script: string): Attack => ({
  wall,
  name,
  title,
  script,
})

/** `refused NAME ERRNOS ARGS…`: the call must fail with one of the numbers. */
export const prelude = `
leak() { echo "leak:$ID:$*"; }
skip() { echo "skip:$ID:$*"; }
has() { grep -rqsF -- "$CANARY" "$@" 2>/dev/null && leak "$*"; }
sys() {
  local name=NR_$1; shift
  [ -n "\${!name}" ] || { echo 38; return; }
  perl -e 'my @a = map { /^-?\\d+$/ ? $_ + 0 : $_ } @ARGV; print syscall(shift @a, @a) < 0 ? $! + 0 : 0' "\${!name}" "$@"
}
refused() {
  command -v perl >/dev/null || { skip 'perl is not installed'; return; }
  local name=$1 allowed=$2; shift 2
  local got; got=$(sys "$name" "$@")
  case " $allowed " in *" $got "*) ;; *) leak "$name answered $got" ;; esac
}
says() {
  exec 8<>"/dev/tcp/127.0.0.1/3128" || { echo none; return; }
  printf '%s HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' "$1" >&8
  local line; read -r -t 5 line <&8; exec 8>&-
  echo "$line" | cut -d' ' -f2
}
`
