// The chat commands as platforms show them: each person sees what their level opens.
import { createHash } from 'node:crypto'
import { viewOf } from '../../access/clear.ts'
import type { Household } from '../../access/household.ts'
import { atLeast } from '../../access/levels.ts'
import type { Channel, CommandMenu } from '../../channel.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Settings } from '../../store/settings.ts'
import type { ChatCommand } from '../commands/command.ts'

export interface MenusOptions {
  readonly settings: Settings
  readonly household: () => Household
  readonly commands: () => Iterable<Pick<ChatCommand, 'name' | 'summary' | 'level'>>
  readonly log: Log
  readonly now: () => number
}

/** A large household is offered its menus slowly, so that replies pass. */
const offerMs = 600_000

export type Menus = ReturnType<typeof openMenus>

export function openMenus({ settings, household, commands, log, now }: MenusOptions) {
  return {
    /** Gives a platform its menus, unless it has them. A failure is of no consequence: a command can be typed. */
    async offer(to: Channel): Promise<void> {
      if (!to.offer) return
      const menus = menusFor(to.name, household(), commands())
      const fingerprint = createHash('sha256').update(JSON.stringify(menus)).digest('hex')
      if (settings.get('gateway', `menus:${to.name}`) === fingerprint) return
      try {
        await to.offer(menus, AbortSignal.timeout(offerMs))
        settings.set('gateway', `menus:${to.name}`, fingerprint, now())
      } catch (error) {
        const err = { message: messageOf(error) }
        log.debug({ err, channel: to.name }, 'the commands could not be offered')
      }
    },
  }
}

/** The menus of one channel; everybody else sees none. */
function menusFor(
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
