// The part of a long output that the model reads, and where the rest is.
import type { BoxHand, CommandResult } from './hands/box.ts'

const head = 6_000
const tail = 10_000

/** The beginning and the end; the whole is kept in a file if there is a place for it. */
export async function excerpt(
  { output, origin }: Pick<CommandResult, 'output' | 'origin'>,
  box: BoxHand,
  signal: AbortSignal,
): Promise<string> {
  const text = printable(output)
  if (text.length <= head + tail) return text
  const kept = await box.keep(output, origin, signal).catch(() => null)
  const left = text.length - head - tail
  const where = kept === null ? '' : `; all of it is in ${kept}`
  return `${text.slice(0, head)}\n[… ${left} characters left out${where} …]\n${text.slice(-tail)}`
}

/** How a command ended, in a line; empty when it simply did. */
export function endingOf({ ended, code }: CommandResult): string {
  const killed = {
    timeout: 'stopped at its time limit',
    stopped: 'stopped',
    output: 'stopped: it wrote too much',
    memory: 'stopped: it used too much memory',
    disk: 'stopped: it was filling the disk',
  } as const
  if (ended !== 'exit') return `[${killed[ended]}; everything it had started was ended]`
  return code === 0 ? '' : `[exit status ${code}]`
}

/** Text for a reader: whatever is not UTF-8 or a control character shows as a mark. */
export const printable = (bytes: Uint8Array): string =>
  new TextDecoder().decode(bytes).replace(/[\0-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]/g, '\ufffd')
