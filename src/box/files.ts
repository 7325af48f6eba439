// Reads and writes files from inside a box, where a planted link leads nowhere else.
import { createHash } from 'node:crypto'
import { CoopError, messageOf } from '../errors.ts'
import type { FileFact } from '../store/file-origins.ts'
import { factsIn, stat } from './inventory.ts'
import type { Ran } from './run.ts'
import type { Exec } from './runtime.ts'

export type Run = (exec: Exec, signal: AbortSignal) => Promise<Ran>

export interface Slice {
  /** Bytes of the whole file. */
  readonly size: number
  readonly bytes: Buffer
  /** Which file that was. */
  readonly fact: FileFact
}

/** What must be true of the file that is replaced. */
export type Before = 'anything' | 'absent' | { readonly sha256: string }

const maxPath = 4096
/** No reader looks beyond this far into a file for a line. */
const maxScan = 256 * 1024 * 1024

/** `count` lines from the 1-based `from` on, at most `maxBytes`. */
export interface Lines {
  readonly from: number
  readonly count: number
  readonly maxBytes: number
}

export function readLines(
  run: Run,
  path: string,
  { from, count, maxBytes }: Lines,
  signal: AbortSignal,
): Promise<Slice> {
  const body = `head -c ${maxScan} | tail -n "+$3" | head -n "$4" | head -c "$2"`
  return read(run, path, { body, maxBytes, numbers: [from, count] }, signal)
}

/** The whole file, with what it was; throws `input_invalid` if it is larger. */
export async function readWhole(
  run: Run,
  path: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Slice> {
  const slice = await read(run, path, { body: 'head -c "$2"', maxBytes, numbers: [] }, signal)
  if (slice.size > maxBytes)
    throw new CoopError(
      'input_invalid',
      `${path} has ${slice.size} bytes; at most ${maxBytes} are taken here.`,
    )
  return slice
}

/**
 * Replaces or makes the file in one step, with the folders on the way; returns what lies there then. `exactly` is
 * the whole path that it must have when all links are followed; empty for any.
 */
export async function writeWhole(
  run: Run,
  path: string,
  { bytes, before, exactly }: { bytes: Uint8Array; before: Before; exactly: string },
  signal: AbortSignal,
): Promise<FileFact> {
  checkPath(path)
  const expected = typeof before === 'string' ? before : before.sha256
  const argv = ['/bin/bash', '-c', writeScript, 'write', path, expected, exactly]
  const ran = await run({ argv, stdin: bytes }, signal)
  const [fact] = factsIn(ran.stdout)
  if (ran.code !== 0 || ran.ended !== 'exit' || !fact) throw fault(path, ran)
  return fact
}

/** Which files these are; what cannot be found is left out. */
export async function factsOf(run: Run, paths: readonly string[], signal: AbortSignal): Promise<FileFact[]> {
  const argv = ['/usr/bin/xargs', '-0', '-r', stat[0]!, '-L', ...stat.slice(1), '--']
  const stdin = Buffer.from(paths.map(path => `${path}\0`).join(''))
  return factsIn((await run({ argv, stdin }, signal)).stdout)
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Throws for what no file system takes. */
function checkPath(path: string): void {
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

/** What `body` makes of the file: `$2` is the most bytes it may put out, `$3` and on are `numbers`. */
async function read(
  run: Run,
  path: string,
  { body, maxBytes, numbers }: { body: string; maxBytes: number; numbers: readonly number[] },
  signal: AbortSignal,
): Promise<Slice> {
  checkPath(path)
  const argv = ['/bin/bash', '-c', readScript(body), 'read', path, ...[maxBytes, ...numbers].map(String)]
  const ran = await run({ argv, maxOutput: maxBytes + headBytes }, signal)
  const end = ran.stdout.indexOf(0)
  const [fact] = factsIn(ran.stdout.subarray(0, end + 1))
  if (ran.code !== 0 || ran.ended !== 'exit' || !fact) throw fault(path, ran)
  const size = ran.stdout.indexOf(10, end)
  return {
    size: Number(ran.stdout.subarray(end + 1, size)),
    bytes: ran.stdout.subarray(size + 1),
    fact: { ...fact, path },
  }
}

/** The fact and the size come before the file's bytes. */
const headBytes = maxPath + 256

// A closed pipe is how `head` says it has enough. What was looked at is what is read: the name may lead elsewhere by then.
const readScript = (body: string): string => `
f=$1
[ -e "$f" ] || exit 44
[ -d "$f" ] && exit 45
[ -f "$f" ] || exit 46
[ -r "$f" ] || exit 47
exec <"$f" || exit 47
[ -f /dev/stdin ] || exit 46
/usr/bin/stat -L --printf '${stat[2]}%s\\n' -- /dev/stdin || exit 47
${body}
exit 0
`

// `exactly` is judged again from inside the folder, which no link can stand in for any more.
const writeScript = `
umask 022
f=$1
[ -z "$3" ] || [ "$(realpath -m -- "$f")" = "$3" ] || exit 52
[ -d "$f" ] && exit 45
if [ -e "$f" ]; then
  [ -f "$f" ] || exit 46
  [ "$2" = absent ] && exit 51
  [ -n "$3" ] || f=$(realpath -- "$f") || exit 47
fi
d=$(dirname -- "$f")
mkdir -p -- "$d" || exit 48
cd -P -- "$d" || exit 48
f=$(basename -- "$f")
if [ -n "$3" ]; then
  [ "$(pwd -P)" = "$(dirname -- "$3")" ] && [ ! -L "./$f" ] || exit 52
fi
if [ -e "./$f" ]; then
  case "$2" in anything) ;; *) [ "$(sha256sum <"./$f" | cut -c1-64)" = "$2" ] || exit 50 ;; esac
else
  case "$2" in anything|absent) ;; *) exit 50 ;; esac
fi
t=$(mktemp -- "./.writing-XXXXXXXX") || exit 48
trap 'rm -f -- "$t"' EXIT
cat >"$t" || exit 49
if [ -e "./$f" ]; then chmod --reference="./$f" -- "$t"; else chmod 644 -- "$t"; fi
if [ "$2" = absent ]; then ln -T -- "$t" "./$f" || exit 51; rm -f -- "$t"; else mv -fT -- "$t" "./$f" || exit 48; fi
trap - EXIT
/usr/bin/stat --printf '${stat[2]}' -- "$PWD/$f"
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
  52: ['input_invalid', 'leads elsewhere by a link; name the place itself'],
}

function fault(path: string, ran: Ran): CoopError {
  const meaning = ran.ended === 'exit' ? meanings[ran.code] : undefined
  if (meaning) return new CoopError(meaning[0], `${path} ${meaning[1]}.`)
  if (ran.ended === 'stopped') return new CoopError('aborted', 'The work was stopped.')
  const why = ran.ended === 'exit' ? messageOf(ran.stderr.toString() || `status ${ran.code}`) : ran.ended
  return new CoopError('file_unreadable', `${path}: ${why.slice(0, 300)}`)
}
