// What lies in the workspace, by when it changed and when it was read; names and times alone, never contents.
import { CoopError } from '../errors.ts'
import type { FileFact } from '../store/file-origins.ts'
import type { Ran } from './run.ts'
import type { Exec } from './runtime.ts'

/** Runs in a box of the whole workspace, which can write only if it is told so. */
export type RunOverAll = (mode: 'ro' | 'rw', order: Exec) => Promise<Ran>

export interface Inventory {
  /** Files that changed, were made or were renamed after `since`. Throws where it could not see everything. */
  changed(since: string): Promise<FileFact[]>
  /** Files that were read after `since`, as far as the file system tells. */
  read(since: string): Promise<FileFact[]>
  /** Makes the next reading of these files show: the kernel notes only the first after a change. */
  arm(files: readonly FileFact[]): Promise<void>
  /** Whether readings show here at all; on a disk mounted noatime they don't. */
  shows(): Promise<boolean>
}

/** Everything read before this counts as not read. */
export const armed = '0000086400.000000000'

/** `roots` are the folders of that box, as it sees them. */
export function openInventory(run: RunOverAll, roots: readonly string[]): Inventory {
  const list = async (test: string, since: string): Promise<FileFact[]> => {
    const argv = ['/bin/bash', '-c', listing, 'list', test, `@${since}`, stat[2]!, ...roots]
    const ran = await run('ro', { argv, maxOutput: maxListing })
    if (ran.code !== 0 || ran.ended !== 'exit') throw new CoopError('box_failed', why(ran))
    return factsIn(ran.stdout)
  }
  const change = async (script: string, input: string): Promise<string> => {
    const argv = ['/bin/bash', '-c', script, 'files', roots[0]!]
    const ran = await run('rw', { argv, stdin: Buffer.from(input) })
    return ran.stdout.toString().trim()
  }
  return {
    changed: since => list('-newerct', since),
    read: since => list('-newerat', since),
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
find "\${@:4}" -ignore_readdir_race -type f "$1" "$2" -print0 | xargs -0r stat --printf "$3" -- 2>/dev/null
exit "\${PIPESTATUS[0]}"
`

const probe = `
t=$(mktemp -- "$1/.probe-XXXXXXXX") || exit 1
trap 'rm -f -- "$t"' EXIT
echo x >"$t" && touch -a -d @1 -- "$t" && cat -- "$t" >/dev/null && [ "$(stat -c %X -- "$t")" -gt 1 ] && echo yes
`

const why = (ran: Ran): string =>
  `The files of the workspace could not be listed: ${ran.stderr.toString().trim().slice(0, 200) || ran.ended}`
