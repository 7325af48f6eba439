// The filter of system calls, tried: what it refuses, and what it sends another way.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ALLOW, encode, filterFor, type Instruction, KILL } from '../../src/box/seccomp.ts'
import { denied, machines } from '../../src/box/syscalls.ts'

const EPERM = 0x50001
const ENOSYS = 0x50026
const EAFNOSUPPORT = 0x50061
const EOPNOTSUPP = 0x5005f

/** The kernel's machine, as far as seccomp uses it. */
function judge(
  program: readonly Instruction[],
  audit: number,
  number: number,
  args: readonly number[] = [],
): number {
  const data = Buffer.alloc(64)
  data.writeUInt32LE(number >>> 0, 0)
  data.writeUInt32LE(audit, 4)
  for (const [index, value] of args.entries())
    data.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 16 + 8 * index)
  let a = 0
  for (let pc = 0; pc < program.length; pc++) {
    const { op, jt, jf, k } = program[pc]!
    if (op === 0x06) return k
    if (op === 0x20) a = data.readUInt32LE(k)
    else if (op === 0x54) a = (a & k) >>> 0
    else {
      const hit =
        op === 0x15
          ? a === k >>> 0
          : op === 0x35
            ? a >= k >>> 0
            : op === 0x45
              ? (a & k) !== 0
              : assert.fail(`op ${op}`)
      pc += hit ? jt : jf
    }
  }
  return assert.fail('the program has no end')
}

for (const [arch, machine] of Object.entries(machines)) {
  describe(`the filter for ${arch}`, () => {
    const program = filterFor(arch)!
    const { calls, audit } = machine
    const of = (number: number | undefined, ...args: number[]) => judge(program, audit, number!, args)

    test('refuses every call on the list', () => {
      for (const name of denied) if (calls[name] !== undefined) assert.equal(of(calls[name]), EPERM, name)
    })
    test('sends callers of clone3, openat2 and copy_file_range to the forms that it can follow', () => {
      assert.equal(of(calls.clone3), ENOSYS)
      assert.equal(of(calls.openat2), ENOSYS)
      assert.equal(of(calls.copy_file_range), ENOSYS)
    })
    test('lets nothing be read without its time, shared by blocks, or kept beside a file', () => {
      const [withoutTrace, setFlags, getFlags] = [0o1000000, 4, 3]
      for (const [number, at] of [
        [calls.open, 1],
        [calls.openat, 2],
      ] as const) {
        if (number === undefined) continue
        const args = [0, 0, 0, 0o644]
        assert.equal(of(number, ...args.with(at, withoutTrace)), EPERM)
        assert.equal(of(number, ...args.with(at, 0)), ALLOW)
      }
      assert.equal(of(calls.fcntl, 3, setFlags, withoutTrace), EPERM)
      assert.equal(of(calls.fcntl, 3, setFlags, 0o4000), ALLOW)
      assert.equal(of(calls.fcntl, 3, getFlags, withoutTrace), ALLOW)
      for (const request of [0x40049409, 0x4020940d, 0xc0189436])
        assert.equal(of(calls.ioctl, 3, request, 0), EOPNOTSUPP)
      for (const name of ['setxattr', 'lsetxattr', 'fsetxattr', 'setxattrat'] as const)
        assert.equal(of(calls[name], 0, 0, 0, 0), EOPNOTSUPP)
    })
    test('kills a call of another machine', () => {
      assert.equal(judge(program, (audit ^ 1) >>> 0, 0), KILL)
      if (machine.x32) assert.equal(of(0x40000000), KILL)
    })
    test('opens unix, IPv4, IPv6 and routing sockets and no others, whatever the upper half of an argument holds', () => {
      fc.assert(
        fc.property(fc.nat(64), fc.nat(15), fc.nat(20), fc.nat(0xfff), (family, type, protocol, flags) => {
          const raw = type === 3 || type === 10
          const expected =
            family === 1
              ? ALLOW
              : family === 16
                ? protocol === 0
                  ? ALLOW
                  : EPERM
                : family === 2 || family === 10
                  ? raw
                    ? EPERM
                    : ALLOW
                  : EAFNOSUPPORT
          assert.equal(of(calls.socket, family + 2 ** 32 * flags, type | (flags << 11), protocol), expected)
        }),
      )
    })
    test('never lets a file become setuid or setgid', () => {
      fc.assert(
        fc.property(fc.nat(0o7777), fc.boolean(), (mode, creates) => {
          const bad = (mode & 0o6000) !== 0
          assert.equal(of(calls.fchmod, 3, mode), bad ? EPERM : ALLOW)
          assert.equal(of(calls.fchmodat, -100, 0, mode), bad ? EPERM : ALLOW)
          assert.equal(of(calls.mknodat, -100, 0, mode), bad ? EPERM : ALLOW)
          assert.equal(of(calls.openat, -100, 0, creates ? 0o100 : 0, mode), bad && creates ? EPERM : ALLOW)
          if (calls.chmod !== undefined) assert.equal(of(calls.chmod, 0, mode), bad ? EPERM : ALLOW)
        }),
      )
    })
    test('lets threads and forks through but no new namespace', () => {
      assert.equal(of(calls.clone, 0x3d0f00), ALLOW)
      assert.equal(of(calls.clone, 17), ALLOW)
      for (let bit = 25; bit < 31; bit++) assert.equal(of(calls.clone, (2 ** bit) | 17), EPERM)
      assert.equal(of(calls.clone, 0x20000), EPERM)
    })
    test('keeps a terminal from being typed into', () => {
      assert.equal(of(calls.ioctl, 0, 0x5412), EPERM)
      assert.equal(of(calls.ioctl, 0, 0x541c), EPERM)
      assert.equal(of(calls.ioctl, 0, 0x5413), ALLOW)
    })
    test('allows every other call', () => {
      const known = new Set(Object.values(calls))
      fc.assert(
        fc.property(fc.nat(460), number => known.has(number) || of(number) === ALLOW),
        { numRuns: 500 },
      )
    })
    test('is written as eight bytes an instruction', () => {
      const bytes = encode(program)
      assert.equal(bytes.length, program.length * 8)
      assert.equal(bytes.readUInt32LE(bytes.length - 4), ALLOW)
    })
  })
}

test('a machine without a table has no filter', () => {
  assert.equal(filterFor('s390x'), undefined)
})
