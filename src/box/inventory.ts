// What files and links lie in the workspace, by when it changed and when it was read; names and times alone, never contents.
import { CoopError } from '../errors.ts'
import type { FileFact } from '../store/file-origins.ts'
import type { Ran } from './run.ts'
import type { Exec } from './runtime.ts'

/** Runs in a box of the whole workspace, which can write only if it is told so. */
export type RunOverAll = (mode: 'ro' | 'rw', order: Exec) => Promise<Ran>

export interface Inventory {
  /** The folders that it looks through. */
  readonly roots: readonly string[]
  /** Files that changed, were made or were renamed after `since`. Throws where it could not see everything. */
  changed(since: string): Promise<FileFact[]>
  /** Files that were read after `since`, or may have been: their times were set, which changes them. */
  read(since: string): Promise<FileFact[]>
  /** All that lie there, as `device:inode`. */
  present(): Promise<Set<string>>
  /** Files of which the next reading might not show. */
  unarmed(): Promise<FileFact[]>
  /** Makes the next reading of these files show: the kernel notes only the first after a change. */
  arm(files: readonly FileFact[]): Promise<void>
  /** Whether readings show here at all; on a disk mounted noatime they don't. */
  shows(): Promise<boolean>
}

/** Everything read before this counts as not read. */
const armed = '0000086400.000000000'

/** `roots` are the folders of that box, as it sees them. */
export function openInventory(run: RunOverAll, roots: readonly string[]): Inventory {
  const find = async (script: string, ...words: string[]): Promise<Buffer> => {
    const argv = ['/bin/bash', '-c', script, 'list', ...words, ...roots]
    const ran = await run('ro', { argv, maxOutput: maxListing })
    if (ran.code !== 0 || ran.ended !== 'exit') throw new CoopError('box_failed', why(ran))
    return ran.stdout
  }
  const list = async (tests: readonly [string, string], since: string): Promise<FileFact[]> =>
    factsIn(await find(listing, stat[2]!, tests[0], tests[1], `@${since}`))
  const change = async (script: string, input: string): Promise<string> => {
    const argv = ['/bin/bash', '-c', script, 'files', roots[0]!]
    const ran = await run('rw', { argv, stdin: Buffer.from(input) })
    return ran.stdout.toString().trim()
  }
  return {
    roots,
    changed: since => list(['-newerct', '-newerct'], since),
    read: since => list(['-newerat', '-newerct'], since),
    unarmed: () => list(['-newerat', '-newerat'], armed),
    present: async () => new Set((await find(numbers)).toString().split('\0')),
    arm: async files =>
      void (await change('xargs -0r touch -a -c -h -d @1 --', files.map(file => `${file.path}\0`).join(''))),
    shows: async () => (await change(probe, '')) === 'yes',
  }
}

/** Milliseconds since 1970 as the ledger writes times. */
export const timeOf = (ms: number): string => `${(ms / 1000).toFixed(3).padStart(14, '0')}000000`

/** The facts in what `stat` printed. */
export const factsIn = (output: Buffer): FileFact[] =>
  output
    .toString()
    .split('\0')
    .flatMap(line => {
      const [inode, birth, changed, ...path] = line.split('\t')
      return changed === undefined ? [] : [{ inode: inode!, birth: birth!, changed, path: path.join('\t') }]
    })

/** The arguments of `stat` for one fact a file. */
export const stat = ['/usr/bin/stat', '--printf', '%d:%i\\t%.9W\\t%.9Z\\t%n\\0']

const maxListing = 256 * 1024 * 1024

// What vanishes meanwhile is no fault; a folder that cannot be looked into is.
const listing = `
find "\${@:5}" -ignore_readdir_race \\( -type f -o -type l \\) \\( "$2" "$4" -o "$3" "$4" \\) -print0 | xargs -0r stat --printf "$1" -- 2>/dev/null
exit "\${PIPESTATUS[0]}"
`

const numbers = `find "$@" -ignore_readdir_race \\( -type f -o -type l \\) -printf '%D:%i\\0'`

const probe = `
t=$(mktemp -- "$1/.probe-XXXXXXXX") || exit 1
trap 'rm -f -- "$t"' EXIT
echo x >"$t" && touch -a -d @1 -- "$t" && cat -- "$t" >/dev/null && [ "$(stat -c %X -- "$t")" -gt 1 ] && echo yes
`

const why = (ran: Ran): string =>
  `The files of the workspace could not be listed: ${ran.stderr.toString().trim().slice(0, 200) || ran.ended}`
