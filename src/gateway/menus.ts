// The chat commands as platforms show them: each person sees what their level opens.
import { viewOf } from '../access/clear.ts'
import type { Household } from '../access/household.ts'
import { atLeast } from '../access/levels.ts'
import type { CommandMenu } from '../channel.ts'
import type { ChatCommand } from './commands/command.ts'

/** The menus of one channel; everybody else sees none. */
export function menusFor(
  channel: string,
  household: Household,
  commands: Iterable<Pick<ChatCommand, 'name' | 'summary' | 'level'>>,
): CommandMenu[] {
  const all = [...commands]
  const own = [...household.people.values()].flatMap(person =>
    person.matches
      .filter(match => match.startsWith(`${channel}:`))
      .map(match => ({
        sender: match.slice(channel.length + 1),
        commands: all
          .filter(command => atLeast(viewOf(person, channel, household).acts, command.level))
          .map(({ name, summary }) => ({ name, summary })),
      })),
  )
  return [{ sender: null, commands: [] }, ...own]
}
