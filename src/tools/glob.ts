// glob: files by the pattern of their path, newest first.
import { z } from 'zod'
import { endingOf, printable } from './excerpt.ts'
import { globBase, globSource } from './glob-pattern.ts'
import { tool } from './tool.ts'

const shown = 200

export const glob = tool({
  name: 'glob',
  description: 'List files by a pattern such as `**/*.md`, newest first.',
  input: z.strictObject({ pattern: z.string().min(1).max(1_000) }),
  level: 'familiar',
  available: hands => hands.box !== null,
  traits: () => ({ effect: 'read', reach: 'none' }),
  run: async ({ pattern }, hands, signal) => {
    const clean = pattern.replace(/^\.\//, '').replace(/\/{2,}/g, '/')
    const base = `${clean.startsWith('/') ? '' : './'}${globBase(clean)}`.replace(/(.)\/$/, '$1')
    const source = clean.startsWith('/') ? globSource(clean) : `\\./${globSource(clean)}`
    // Matching runs in the box: a pattern that takes for ever costs the box its time, not the gateway.
    const result = await hands.box!.program(
      ['/bin/bash', '-c', script, 'glob', base || '/', source, String(shown + 1)],
      signal,
    )
    if (result.ended !== 'exit') return { text: endingOf(result), isError: true }
    const found = printable(result.output).split('\n').filter(Boolean)
    if (found.length === 0) return { text: '(no files)' }
    const more = found.length > shown ? `\n[only the newest ${shown} are shown; narrow the pattern]` : ''
    const paths = found.slice(0, shown)
    // A name is text too, given by whoever made the file.
    return { text: paths.join('\n') + more, origin: await hands.box!.originOf(paths, 'names', signal) }
  },
})

const script = `
[ -e "$1" ] || exit 0
find "$1" -regextype posix-extended \\( -name .git -o -name node_modules \\) -prune -o -type f -regex "$2" -printf '%T@ %p\\n' 2>/dev/null |
  sort -rn | head -n "$3" | sed -E 's,^[^ ]+ (\\./)?,,'
`
