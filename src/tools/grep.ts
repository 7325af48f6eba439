// grep: lines that match a regular expression.
import { z } from 'zod'
import { endingOf, excerpt } from './excerpt.ts'
import { tool } from './tool.ts'

const shown = 300

export const grep = tool({
  name: 'grep',
  description: 'Search file contents by a Perl regular expression; gives path:line:text.',
  input: z.strictObject({
    pattern: z.string().min(1).max(2_000),
    path: z.string().min(1).optional(),
    include: z.string().min(1).max(200).optional().describe('file name pattern, like *.ts'),
    ignore_case: z.boolean().optional(),
    files_only: z.boolean().optional(),
  }),
  level: 'familiar',
  available: hands => hands.box !== null,
  traits: () => ({ effect: 'read', reach: 'none' }),
  run: async ({ pattern, path, include, ignore_case, files_only }, hands, signal) => {
    const options = [
      ...['-rIP', '--devices=skip', '--exclude-dir=.git', '--exclude-dir=node_modules', '--color=never'],
      ...(files_only ? ['-l'] : ['-HnZ']),
      ...(ignore_case ? ['-i'] : []),
      ...(include === undefined ? [] : [`--include=${include}`]),
    ]
    const argv = [
      '/bin/bash',
      '-c',
      script,
      'grep',
      String(shown + 1),
      ...options,
      '-e',
      pattern,
      '--',
      path ?? '.',
    ]
    const result = await hands.box!.program(argv, signal)
    if (result.ended !== 'exit') return { text: endingOf(result), isError: true }
    const lines = result.output.toString().split('\n').filter(Boolean)
    if (result.code === 2) return { text: lines.slice(-3).join('\n'), isError: true }
    if (lines.length === 0) return { text: '(no matches)' }
    const found = lines.slice(0, shown)
    // The name ends in a NUL where a line follows; one without has a line break in its name.
    const paths = files_only ? found : found.map(line => line.slice(0, Math.max(line.indexOf('\0'), 0)))
    const origin = await hands.box!.originOf([...new Set(paths)], files_only ? 'names' : 'text', signal)
    const output = Buffer.from(found.join('\n').replaceAll('\0', ':'))
    const more = lines.length > shown ? `\n[only the first ${shown} are shown; narrow the search]` : ''
    return { text: (await excerpt({ output, origin }, hands.box!, signal)) + more, origin }
  },
})

// Long lines are cut, so that one minified file does not fill the answer. Unreadable files are passed over.
const script = `
count=$1; shift
errors=$(mktemp)
LC_ALL=C.UTF-8 grep "$@" 2>"$errors" | head -n "$count" | cut -c1-500 | sed 's|^\\./||'
status=\${PIPESTATUS[0]}
if [ "$status" = 2 ] && grep -v -e 'Permission denied' -e 'binary file matches' -e 'No such device' "$errors" | grep -q .; then
  grep -v 'Permission denied' "$errors" | head -n 3 >&2
  exit 2
fi
exit 0
`
