// Attacks on the kernel, and on the user that a box is.
import { type Attack, attack } from './attack.ts'

export const kernelAttacks: readonly Attack[] = [
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
]
