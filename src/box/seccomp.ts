// The system calls a box never makes, as a classic BPF program for the kernel's seccomp filter.
import { denied, type Machine, machines } from './syscalls.ts'

/** One instruction: operation, jumps if true and false, constant. */
export interface Instruction {
  readonly op: number
  readonly jt: number
  readonly jf: number
  readonly k: number
}

const LOAD = 0x20
const EQUAL = 0x15
const AT_LEAST = 0x35
const ANY_BIT = 0x45
const RETURN = 0x06

export const ALLOW = 0x7fff0000
export const KILL = 0x80000000
const ERRNO = 0x00050000
const EPERM = 1
const ENOSYS = 38
const EAFNOSUPPORT = 97
const EOPNOTSUPP = 95

// Offsets in struct seccomp_data; both machines are little-endian, so the low half comes first.
const NUMBER = 0
const MACHINE = 4
const argument = (index: number): number => 16 + 8 * index

const setId = 0o6000
const createFlags = 0o100 | 0o20000000
const newNamespaces = 0x7e020000
const typeMask = 0xf
const raw = 3
const packet = 10
const terminalInjection = [0x5412, 0x541c]
/** FICLONE, FICLONERANGE, FIDEDUPERANGE. */
const sharedBlocks = [0x40049409, 0x4020940d, 0xc0189436]
const withoutTrace = 0o1000000
const setFlags = 4
const families = { unix: 1, inet: 2, inet6: 10, netlink: 16 }

/** The filter for Node's `process.arch`; undefined where none is written. */
export function filterFor(arch: string): readonly Instruction[] | undefined {
  const machine = machines[arch]
  return machine && assemble(machine)
}

/** The program as the kernel reads it. */
export function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8)
  for (const [index, { op, jt, jf, k }] of program.entries()) {
    bytes.writeUInt16LE(op, index * 8)
    bytes.writeUInt8(jt, index * 8 + 2)
    bytes.writeUInt8(jf, index * 8 + 3)
    bytes.writeUInt32LE(k >>> 0, index * 8 + 4)
  }
  return bytes
}

function assemble(machine: Machine): Instruction[] {
  const { calls } = machine
  const refuse = (errno: number) => ret(ERRNO | errno)
  const program: Instruction[] = [load(MACHINE), jump(EQUAL, machine.audit, 1, 0), ret(KILL), load(NUMBER)]
  // The x32 calls of an x86-64 kernel have numbers of their own and would pass below.
  if (machine.x32) program.push(jump(AT_LEAST, 0x40000000, 0, 1), ret(KILL))

  const on = (number: number | undefined, ...body: Instruction[]) => {
    if (number === undefined) return
    const block = [...body, ret(ALLOW)]
    program.push(jump(EQUAL, number, 0, block.length), ...block)
  }
  const modeAt = (index: number) => [load(argument(index)), jump(ANY_BIT, setId, 0, 1), refuse(EPERM)]
  // The mode means something only where the flags create a file.
  const createdModeAt = (flags: number, mode: number) => [
    load(argument(flags)),
    jump(ANY_BIT, createFlags, 0, 3),
    ...modeAt(mode),
  ]

  for (const name of denied) {
    const number = calls[name]
    if (number !== undefined) program.push(jump(EQUAL, number, 0, 1), refuse(EPERM))
  }
  // Each has an older form that can be judged here, or that leaves its trace; libraries fall back to it.
  for (const name of ['clone3', 'openat2', 'copy_file_range'] as const) {
    program.push(jump(EQUAL, calls[name]!, 0, 1), refuse(ENOSYS))
  }
  on(calls.clone, load(argument(0)), jump(ANY_BIT, newNamespaces, 0, 1), refuse(EPERM))
  on(calls.chmod, ...modeAt(1))
  on(calls.fchmod, ...modeAt(1))
  on(calls.fchmodat, ...modeAt(2))
  on(calls.fchmodat2, ...modeAt(2))
  on(calls.creat, ...modeAt(1))
  on(calls.mknod, ...modeAt(1))
  on(calls.mknodat, ...modeAt(2))
  // Each reading leaves its time, and what lies in a file is all that it carries: so the text's origin can be followed.
  const withoutTraceAt = (index: number) => [
    load(argument(index)),
    jump(ANY_BIT, withoutTrace, 0, 1),
    refuse(EPERM),
  ]
  on(calls.open, ...withoutTraceAt(1), ...createdModeAt(1, 2))
  on(calls.openat, ...withoutTraceAt(2), ...createdModeAt(2, 3))
  on(calls.fcntl, load(argument(1)), jump(EQUAL, setFlags, 0, 3), ...withoutTraceAt(2))
  for (const name of ['setxattr', 'lsetxattr', 'fsetxattr', 'setxattrat'] as const)
    program.push(jump(EQUAL, calls[name]!, 0, 1), refuse(EOPNOTSUPP))
  on(
    calls.ioctl,
    load(argument(1)),
    ...terminalInjection.flatMap(request => [jump(EQUAL, request, 0, 1), refuse(EPERM)]),
    ...sharedBlocks.flatMap(request => [jump(EQUAL, request, 0, 1), refuse(EOPNOTSUPP)]),
  )
  on(calls.socket, ...socketRules(refuse(EAFNOSUPPORT), refuse(EPERM)))
  program.push(ret(ALLOW))
  return program
}

/** Unix, IPv4, IPv6 and the routing netlink alone; no raw sockets. */
function socketRules(noFamily: Instruction, noType: Instruction): Instruction[] {
  const type = [
    load(argument(1)),
    { op: 0x54, jt: 0, jf: 0, k: typeMask },
    jump(EQUAL, raw, 1, 0),
    jump(EQUAL, packet, 0, 1),
    noType,
    ret(ALLOW),
  ]
  const netlink = [load(argument(2)), jump(EQUAL, 0, 1, 0), noType, ret(ALLOW)]
  return [
    load(argument(0)),
    jump(EQUAL, families.unix, 0, 1),
    ret(ALLOW),
    jump(EQUAL, families.netlink, 0, netlink.length),
    ...netlink,
    jump(EQUAL, families.inet, 1, 0),
    jump(EQUAL, families.inet6, 0, type.length),
    ...type,
    noFamily,
  ]
}

const load = (offset: number): Instruction => ({ op: LOAD, jt: 0, jf: 0, k: offset })
const jump = (op: number, k: number, jt: number, jf: number): Instruction => ({ op, jt, jf, k })
const ret = (k: number): Instruction => ({ op: RETURN, jt: 0, jf: 0, k: k >>> 0 })
