// System call numbers of the machines a box runs on, and the calls it never makes.
// From the Linux kernel's tables (arch/x86/entry/syscalls, scripts/syscall.tbl).

/** Mounting, namespaces, modules, keys, other kernels' doors: nothing a program in a box needs. */
export const denied = [
  'acct',
  'add_key',
  'bpf',
  'chroot',
  'clock_settime',
  'delete_module',
  'fanotify_init',
  'finit_module',
  'fsconfig',
  'fsmount',
  'fsopen',
  'fspick',
  'init_module',
  'io_uring_enter',
  'io_uring_register',
  'io_uring_setup',
  'ioperm',
  'iopl',
  'kcmp',
  'kexec_file_load',
  'kexec_load',
  'keyctl',
  'lookup_dcookie',
  'modify_ldt',
  'mount',
  'mount_setattr',
  'move_mount',
  'name_to_handle_at',
  'nfsservctl',
  'open_by_handle_at',
  'open_tree',
  'perf_event_open',
  'pivot_root',
  'quotactl',
  'quotactl_fd',
  'reboot',
  'request_key',
  'setdomainname',
  'sethostname',
  'setns',
  'settimeofday',
  'swapoff',
  'swapon',
  'syslog',
  'umount2',
  'unshare',
  'uselib',
  'userfaultfd',
  'vhangup',
] as const

/** Calls that are judged by their arguments. */
type Judged =
  | 'chmod'
  | 'clone'
  | 'clone3'
  | 'copy_file_range'
  | 'creat'
  | 'fchmod'
  | 'fchmodat'
  | 'fchmodat2'
  | 'fcntl'
  | 'fsetxattr'
  | 'ioctl'
  | 'lsetxattr'
  | 'mknod'
  | 'mknodat'
  | 'open'
  | 'openat'
  | 'openat2'
  | 'setxattr'
  | 'setxattrat'
  | 'socket'

export interface Machine {
  /** AUDIT_ARCH_* of the kernel's audit.h. */
  readonly audit: number
  readonly x32: boolean
  readonly calls: Readonly<Partial<Record<(typeof denied)[number] | Judged, number>>>
}

/** By Node's `process.arch`. */
export const machines: Readonly<Record<string, Machine>> = {
  x64: {
    audit: 0xc000003e,
    x32: true,
    // biome-ignore format: a table
    calls: {
      acct: 163, add_key: 248, bpf: 321, chmod: 90, chroot: 161, clock_settime: 227, clone: 56,
      clone3: 435, copy_file_range: 326, creat: 85, delete_module: 176, fanotify_init: 300, fchmod: 91, fchmodat: 268,
      fchmodat2: 452, fcntl: 72, finit_module: 313, fsetxattr: 190, lsetxattr: 189, setxattr: 188, setxattrat: 463, fsconfig: 431, fsmount: 432, fsopen: 430, fspick: 433,
      init_module: 175, io_uring_enter: 426, io_uring_register: 427, io_uring_setup: 425, ioctl: 16,
      ioperm: 173, iopl: 172, kcmp: 312, kexec_file_load: 320, kexec_load: 246, keyctl: 250,
      lookup_dcookie: 212, mknod: 133, mknodat: 259, modify_ldt: 154, mount: 165, mount_setattr: 442,
      move_mount: 429, name_to_handle_at: 303, nfsservctl: 180, open: 2, open_by_handle_at: 304,
      open_tree: 428, openat: 257, openat2: 437, perf_event_open: 298, pivot_root: 155, quotactl: 179,
      quotactl_fd: 443, reboot: 169, request_key: 249, setdomainname: 171, sethostname: 170, setns: 308,
      settimeofday: 164, socket: 41, swapoff: 168, swapon: 167, syslog: 103, umount2: 166, unshare: 272,
      uselib: 134, userfaultfd: 323, vhangup: 153,
    },
  },
  arm64: {
    audit: 0xc00000b7,
    x32: false,
    // biome-ignore format: a table
    calls: {
      acct: 89, add_key: 217, bpf: 280, chroot: 51, clock_settime: 112, clone: 220, clone3: 435,
      copy_file_range: 285, delete_module: 106, fanotify_init: 262, fchmod: 52, fchmodat: 53, fchmodat2: 452, fcntl: 25, finit_module: 273,
      fsetxattr: 7, lsetxattr: 6, setxattr: 5, setxattrat: 463,
      fsconfig: 431, fsmount: 432, fsopen: 430, fspick: 433, init_module: 105, io_uring_enter: 426,
      io_uring_register: 427, io_uring_setup: 425, ioctl: 29, kcmp: 272, kexec_file_load: 294,
      kexec_load: 104, keyctl: 219, lookup_dcookie: 18, mknodat: 33, mount: 40, mount_setattr: 442,
      move_mount: 429, name_to_handle_at: 264, nfsservctl: 42, open_by_handle_at: 265, open_tree: 428, openat: 56,
      openat2: 437, perf_event_open: 241,
      pivot_root: 41, quotactl: 60, quotactl_fd: 443, reboot: 142, request_key: 218, setdomainname: 162,
      sethostname: 161, setns: 268, settimeofday: 170, socket: 198, swapoff: 225, swapon: 224,
      syslog: 116, umount2: 39, unshare: 97, userfaultfd: 282, vhangup: 58,
    },
  },
}
