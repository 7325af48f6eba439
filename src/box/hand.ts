// The hand that tools reach a box with.
import { type Origin, worst } from '../store/entry.ts'
import type { BoxHand, CommandResult } from '../tools/hands/box.ts'
import { takeAttachment } from './attachments.ts'
import type { Box } from './box.ts'
import { sha256 } from './files.ts'
import type { Policy } from './policy.ts'
import type { Ran } from './run.ts'

/** What of a call its box hand needs to know. */
export interface BoxCall {
  /** Names what is kept. */
  readonly id: string
  /** The worst in the turn's prompt. */
  readonly seen: () => Origin
  /** Whether a fully trusted person has answered this question of the call with yes. */
  readonly sanctioned: (question: string) => boolean
  /** Follows a running command. */
  readonly onOutput?: ((chunk: string) => void) | undefined
}

export function boxHandOf(box: Box, { id, seen, sanctioned, onOutput }: BoxCall): Omit<BoxHand, 'closed'> {
  return {
    acts: box.acts,
    shell: async (command, timeoutMs, signal) => {
      const ran = await box.exec(
        {
          argv: ['/bin/bash', '-c', 'exec 2>&1; eval "$1"', 'bash', command],
          ...(timeoutMs === undefined ? {} : { wallMs: timeoutMs }),
          ...(onOutput ? { onOutput } : {}),
        },
        signal,
      )
      return resultOf(ran)
    },
    program: async (argv, signal) => resultOf(await box.exec({ argv, quiet: 'reading' }, signal)),
    originOf: (paths, _, signal) => box.originOf(paths, signal),
    readLines: box.readLines,
    readFile: (path, maxBytes, signal) => box.readFile(path, maxBytes, signal),
    take: (path, signal) => takeAttachment(box, path, signal),
    writeFile(path, bytes, { replaces, question }, signal) {
      const approved = sanctioned(question)
      const fresh = approved ? 'full' : seen()
      return box.writeFile(path, bytes, replaces ? { sha256: sha256(replaces.bytes) } : 'anything', signal, {
        // What stays of the old text stays where it came from; what a person has read to its end is theirs.
        from: replaces ? worst([replaces.origin, fresh]) : fresh,
        sanctioned: approved,
      })
    },
    keep: async (output, origin, signal) => {
      const folder = outputFolder(box.policy)
      if (folder === null || !box.acts) return null
      const path = `${folder}/${id.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 80)}.txt`
      await box.writeFile(`${box.root}/${path}`, output, 'anything', signal, {
        from: worst([origin, seen()]),
      })
      const argv = ['/bin/bash', '-c', pruneScript, 'prune', `${box.root}/${folder}`]
      await box.exec({ argv, quiet: 'writing' }, signal)
      return path
    },
  }
}

/** The newest hundred stay. */
const pruneScript = `
cd -- "$1" && ls -t | tail -n +101 | while read -r old; do rm -f -- "$old"; done
exit 0
`

/** Output belongs with what the conversation may see: personal in a direct one. */
function outputFolder(policy: Policy): string | null {
  if (policy.person === null) return null
  const own = `users/${policy.person}`
  if (policy.personal !== null) return `${own}/personal/output`
  return policy.roots.some(root => root.path === '' || root.path === own) ? `${own}/output` : null
}

const resultOf = (ran: Ran): CommandResult => ({
  code: ran.code,
  ended: ran.ended,
  origin: ran.origin ?? 'derived',
  output: ran.stderr.length === 0 ? ran.stdout : Buffer.concat([ran.stdout, ran.stderr]),
})
