// What is said to a command that there is not: the nearest that this clearance opens.
import type { Clearance } from '../../access/clearance.ts'
import { atLeast, type Level } from '../../access/levels.ts'
import { nearest } from '../../config/nearest.ts'

export function unknownCommand(
  name: string,
  { acts }: Pick<Clearance, 'acts'>,
  levels: ReadonlyMap<string, Level>,
): string {
  const open = [...levels].flatMap(([command, level]) => (atLeast(acts, level) ? [command] : []))
  const near = nearest(name, open)
  const help = open.includes('help') ? ' /help lists what there is.' : ''
  return `There is no command /${name}${near ? `; did you mean /${near}?` : '.'}${help}`
}
