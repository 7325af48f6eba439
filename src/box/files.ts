// Reads and writes files from inside a box, where a planted link leads nowhere else.
import { createHash } from 'node:crypto'
import { CoopError, messageOf } from '../errors.ts'
import type { Ran } from './run.ts'
import type { Exec } from './runtime.ts'

export type Run = (exec: Exec, signal: AbortSignal) => Promise<Ran>

export interface Slice {
  /** Bytes of the whole file. */
  readonly size: number
  readonly bytes: Buffer
}

/** What must be true of the file that is replaced. */
export type Before = 'anything' | 'absent' | { readonly sha256: string }

const maxPath = 4096
/** No reader looks beyond this far into a file for a line. */
const maxScan = 256 * 1024 * 1024

/** `maxBytes` from `offset` on. */
export function readBytes(
  run: Run,
  path: string,
  offset: number,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Slice> {
  return read(
    run,
    readScript('tail -c "+$2" -- "$f" | head -c "$3"'),
    path,
    [offset + 1, maxBytes],
    maxBytes,
    signal,
  )
}

/** `count` lines from the 1-based `line` on, at most `maxBytes`. */
export function readLines(
  run: Run,
  path: string,
  line: number,
  count: number,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Slice> {
  const body = `head -c ${maxScan} -- "$f" | tail -n "+$2" | head -n "$3" | head -c "$4"`
  return read(run, readScript(body), path, [line, count, maxBytes], maxBytes, signal)
}

/** The whole file; throws `input_invalid` if it is larger. */
export async function readWhole(
  run: Run,
  path: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const { size, bytes } = await readBytes(run, path, 0, maxBytes, signal)
  if (size > maxBytes)
    throw new CoopError('input_invalid', `${path} has ${size} bytes; at most ${maxBytes} are taken here.`)
  return bytes
}

/** Replaces or makes the file in one step, with the folders on the way. */
export async function writeWhole(
  run: Run,
  path: string,
  bytes: Uint8Array,
  before: Before,
  signal: AbortSignal,
): Promise<void> {
  checkPath(path)
  const expected = typeof before === 'string' ? before : before.sha256
  const ran = await run(
    { argv: ['/bin/bash', '-c', writeScript, 'write', path, expected], stdin: bytes },
    signal,
  )
  if (ran.code !== 0 || ran.ended !== 'exit') throw fault(path, ran)
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Throws for what no file system takes. */
export function checkPath(path: string): void {
  const problem =
    path === ''
      ? 'is empty'
      : path.includes('\0')
        ? 'holds a NUL'
        : Buffer.byteLength(path) >= maxPath
          ? 'is too long'
          : undefined
  if (problem) throw new CoopError('input_invalid', `The path ${problem}; give one inside the workspace.`)
}

async function read(
  run: Run,
  script: string,
  path: string,
  numbers: readonly number[],
  maxBytes: number,
  signal: AbortSignal,
): Promise<Slice> {
  checkPath(path)
  const argv = ['/bin/bash', '-c', script, 'read', path, ...numbers.map(String)]
  const ran = await run({ argv, maxOutput: maxBytes + 64 }, signal)
  const end = ran.stdout.indexOf(10)
  if (ran.code !== 0 || ran.ended !== 'exit' || end < 0) throw fault(path, ran)
  return { size: Number(ran.stdout.subarray(0, end)), bytes: ran.stdout.subarray(end + 1) }
}

// A closed pipe is how `head` says it has enough.
const readScript = (body: string): string => `
f=$1
[ -e "$f" ] || exit 44
[ -d "$f" ] && exit 45
[ -f "$f" ] || exit 46
[ -r "$f" ] || exit 47
stat -Lc %s -- "$f" || exit 47
${body}
exit 0
`

const writeScript = `
umask 022
f=$1
[ -d "$f" ] && exit 45
if [ -e "$f" ]; then
  [ -f "$f" ] || exit 46
  [ "$2" = absent ] && exit 51
  f=$(realpath -- "$f") || exit 47
  case "$2" in anything) ;; *) [ "$(sha256sum <"$f" | cut -c1-64)" = "$2" ] || exit 50 ;; esac
else
  case "$2" in anything|absent) ;; *) exit 50 ;; esac
fi
d=$(dirname -- "$f")
mkdir -p -- "$d" || exit 48
t=$(mktemp -- "$d/.writing-XXXXXXXX") || exit 48
trap 'rm -f -- "$t"' EXIT
cat >"$t" || exit 49
if [ -e "$f" ]; then chmod --reference="$f" -- "$t"; else chmod 644 -- "$t"; fi
if [ "$2" = absent ]; then ln -T -- "$t" "$f" || exit 51; else mv -fT -- "$t" "$f" || exit 48; trap - EXIT; fi
exit 0
`

const meanings: Record<number, readonly ['not_found' | 'input_invalid' | 'file_unreadable', string]> = {
  44: ['not_found', 'does not exist here'],
  45: ['input_invalid', 'is a folder'],
  46: ['input_invalid', 'is no ordinary file, or hidden because it holds secrets'],
  47: ['file_unreadable', 'cannot be read'],
  48: ['file_unreadable', 'cannot be written here: it is read-only'],
  49: ['file_unreadable', 'could not be written: the disk or its limit is full'],
  50: ['input_invalid', 'changed meanwhile; read it again'],
  51: ['input_invalid', 'exists already'],
}

function fault(path: string, ran: Ran): CoopError {
  const meaning = ran.ended === 'exit' ? meanings[ran.code] : undefined
  if (meaning) return new CoopError(meaning[0], `${path} ${meaning[1]}.`)
  if (ran.ended === 'stopped') return new CoopError('aborted', 'The work was stopped.')
  const why = ran.ended === 'exit' ? messageOf(ran.stderr.toString() || `status ${ran.code}`) : ran.ended
  return new CoopError('file_unreadable', `${path}: ${why.slice(0, 300)}`)
}
