// What a program in a box tries, to show that it fails: one line of the doctor's report each.
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

const attack = (wall: Wall, name: string, title: string, script: string): Attack => ({
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

/** In the order of the report. */
export const attacks: readonly Attack[] = [
  attack(
    'files',
    'host-secrets',
    'keys and credentials of the host are not readable',
    'has "$HOST/.ssh" /root /home /var/tmp',
  ),
  attack(
    'files',
    'host-folders',
    'folders of the host are not there',
    '[ -e "$HOST" ] && leak "$HOST"; [ -r /etc/shadow ] && leak shadow; grep -q ^root: /etc/passwd && leak "accounts of the host"',
  ),
  attack(
    'files',
    'other-person',
    'another person’s own files are not readable',
    'for p in users/bob/personal users/alice/../bob/personal /proc/self/root/work/users/bob/personal; do has "$p"; done',
  ),
  attack('files', 'databases', 'databases and configuration are not readable', 'has "$HOST/home"'),
  attack(
    'files',
    'gateway-socket',
    'the gateway’s socket is not there',
    '[ -e "$HOST/home/run/coop.sock" ] && leak socket',
  ),
  attack(
    'files',
    'service-sockets',
    'sockets of docker, the desktop and agents are not there',
    'for s in /run/docker.sock /var/run/docker.sock /run/dbus /run/user /tmp/.X11-unix /run/systemd; do [ -e "$s" ] && leak "$s"; done',
  ),
  attack(
    'files',
    'write-outside',
    'nothing outside is writable',
    'for p in / /etc /usr /usr/bin /opt /home "$HOST"; do touch "$p/x" 2>/dev/null && leak "$p"; done; grep -qE " /usr ro" /proc/self/mountinfo || leak "/usr is mounted writable"',
  ),
  attack(
    'files',
    'shared-memory',
    'shared memory of the host is not there',
    '[ -e "/dev/shm/$CANARY" ] && leak shm; [ "$(stat -fc %b /dev/shm)" -le 8192 ] || leak "shm has no limit"',
  ),
  attack(
    'files',
    'devices',
    'devices of the host are not there and none can be made',
    'for d in vda sda nvme0n1 mem kmsg kvm fuse; do [ -e "/dev/$d" ] && leak "$d"; done; mknod dev b 254 0 2>/dev/null && leak mknod; touch /dev/x 2>/dev/null && leak "/dev is writable"',
  ),
  attack(
    'files',
    'secret-file',
    'a hidden file stays hidden by every name',
    'for p in .env link app/../.env /proc/self/root/work/.env; do has "$p"; done',
  ),
  attack('files', 'secret-link', 'a hard link to a hidden file is hidden too', 'has innocent.txt'),
  attack(
    'files',
    'secret-folder',
    'a hidden folder stays hidden',
    'has .aws; touch .aws/x 2>/dev/null && leak "writable"',
  ),
  attack(
    'files',
    'unhide',
    'nothing hidden can be uncovered',
    'mv .env a; rm -f .env; ln .env b; umount .env .aws; mv .aws c; has a b c .env; rm -f .coopignore && leak .coopignore; echo >>.coopignore && leak .coopignore',
  ),
  attack('files', 'bait', 'a planted link leads nowhere', 'ln -s "$HOST/.ssh/id_ed25519" bait; has bait'),
  attack(
    'files',
    'git-hooks',
    'hooks of a repository stay as they are',
    'touch app/.git/hooks/x && leak hooks; mv app/.git app/g && leak renamed; true',
  ),
  attack(
    'files',
    'git-config',
    'the configuration of a repository stays as it is',
    'echo >>app/.git/config && leak config; mv app q && leak renamed; true',
  ),
  attack(
    'files',
    'other-folders',
    'another person’s folder cannot be swapped for a link',
    'mv users/bob users/x && leak renamed; ln -s / users/new && leak "new link"; true',
  ),
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
    'network',
    'loopback',
    'the gateway’s loopback is not reachable',
    '(exec 8<>"/dev/tcp/127.0.0.1/$PORT") && leak loopback; [ "$(grep -c : /proc/net/dev)" = 1 ] || leak interfaces',
  ),
  attack(
    'network',
    'abstract-socket',
    'abstract sockets of the host are not there',
    'grep -qF "$CANARY" /proc/net/unix && leak socket',
  ),
  attack(
    'network',
    'raw-address',
    'addresses cannot be dialled, by themselves or through the proxy',
    '(exec 8<>/dev/tcp/8.8.8.8/53) && leak direct; for a in 127.0.0.1:$PORT 169.254.169.254:80 2130706433:80 8.8.8.8:53 localhost:$PORT; do [ "$(says "CONNECT $a")" = 403 ] || leak "$a"; done',
  ),
  attack(
    'network',
    'names-allowed',
    'only names on the list are reached',
    '[ "$(says "CONNECT allowed.example.com:80")" = 200 ] || leak "an allowed name is not reached"; for a in evil.example.net:80 allowed.example.com.evil.net:80 private.example.com:80; do [ "$(says "CONNECT $a")" = 403 ] || leak "$a"; done',
  ),
  attack(
    'network',
    'lookup',
    'names are not resolved inside',
    'getent hosts example.com >/dev/null && leak dns',
  ),
  attack(
    'calls',
    'filter',
    'the filter of system calls is in force',
    'grep -qE "^Seccomp:.2" /proc/self/status || leak "no filter"',
  ),
  attack(
    'calls',
    'kernel-doors',
    'bpf, perf, io_uring, modules and keyrings are closed',
    'refused bpf "1 38" 0 0 0; refused perf_event_open "1 38" 0 0 -1 -1 0; refused io_uring_setup "1 38" 1 0; refused userfaultfd "1 38" 0; refused keyctl "1 38" 0 -3 0; refused add_key "1 38" 0 0 0 0 0; refused kcmp "1 38" 1 1 0 0 0',
  ),
  attack(
    'calls',
    'sockets',
    'sockets to the machine below, raw and packet sockets are closed',
    'refused socket "1 97" 40 1 0; refused socket "1 97" 17 3 0; refused socket "1 97" 38 5 0; refused socket "1 97" 16 3 9',
  ),
  attack(
    'calls',
    'mounts',
    'nothing can be mounted',
    'refused mount "1 38" 0 0 0 0 0; refused open_tree "1 38" -100 0 0; refused fsopen "1 38" 0 0; refused pivot_root "1 38" 0 0; refused umount2 "1 38" 0 0; chroot / true 2>/dev/null && leak chroot',
  ),
  attack(
    'calls',
    'namespaces',
    'no further namespace can be made',
    'refused unshare "1 38" 268435456; unshare -U true && leak unshare; true',
  ),
  attack(
    'calls',
    'setuid',
    'no setuid file can be planted',
    'cp /usr/bin/true planted; chmod 4755 planted 2>/dev/null && leak chmod; chmod 2755 planted 2>/dev/null && leak setgid; rm -f planted',
  ),
  attack(
    'calls',
    'traces',
    'no file can be read without its time, and none carries text beside itself',
    'echo x >traced; [ "$(perl -e \'use Fcntl; sysopen(F, "traced", O_RDONLY | 01000000); print $! + 0\')" = 1 ] || leak "read without a time"; [ "$(perl -e \'use Fcntl; open F, "<traced"; $! = 0; fcntl(F, F_SETFL, 01000000); print $! + 0\')" = 1 ] || leak "set to read without a time"; refused copy_file_range 38 0 0 1 0 1 0; refused fsetxattr 95 0 0 0 0 0; refused setxattr 95 0 0 0 0 0; rm -f traced',
  ),
  attack(
    'calls',
    'terminal',
    'nothing can be typed into a terminal',
    'command -v perl >/dev/null || skip "perl is not installed"; [ "$(perl -e \'open F, "<", "/dev/null"; my $x = "x"; ioctl(F, 0x5412, $x); print $! + 0\')" = 1 ] || leak TIOCSTI',
  ),
  attack(
    'user',
    'privileges',
    'no capability is left and none can be gained',
    '[ "$(grep -E "^Cap(Inh|Prm|Eff|Bnd|Amb):" /proc/self/status | grep -c 0000000000000000)" = 5 ] || leak capabilities; grep -qE "^NoNewPrivs:.1" /proc/self/status || leak "new privileges"',
  ),
  attack(
    'user',
    'root',
    'the box is not root outside',
    '[ "$(stat -c %u /usr)" != 1000 ] || leak "root outside"; [ "$(id -u)" = 1000 ] || leak "wrong user"',
  ),
  attack(
    'user',
    'kernel-settings',
    'settings of the kernel cannot be written',
    '{ : >/proc/sys/kernel/core_pattern; } 2>/dev/null && leak core_pattern; [ -w /proc/sysrq-trigger ] && leak sysrq; true',
  ),
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
    'processes',
    'crash',
    'a crash wakes no handler of the host',
    'c=$(grep -E "^Max core file size +" /proc/self/limits | tr -s " " | cut -d" " -f5,6); case "$c" in "1 1") ;; "0 0") skip "prlimit is not installed, or the gateway may make no memory images itself" ;; *) leak "limit $c" ;; esac',
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
