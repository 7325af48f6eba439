// What becomes of a message: pure, from who wrote, where, and what the rules say.
import type { Clearance } from '../access/clearance.ts'
import type { Group, Household, Speaker } from '../access/household.ts'
import { atLeast, type Level } from '../access/levels.ts'
import type { Inbound } from '../channel.ts'

export type Route =
  | { readonly kind: 'turn' }
  | { readonly kind: 'command'; readonly name: string; readonly args: string }
  /** Meant as a command that there is not. */
  | { readonly kind: 'unknown command'; readonly name: string }
  /** Kept as context, not answered. */
  | { readonly kind: 'listen' }
  /** A stranger who gets a code. */
  | { readonly kind: 'pair' }
  | {
      readonly kind: 'ignore'
      readonly reason:
        | 'stranger'
        | 'unlisted group'
        | 'public budget'
        | 'empty'
        | 'command below level'
        | 'nothing to choose'
    }

export interface RouteFacts {
  readonly speaker: Speaker
  readonly clearance: Clearance
  readonly household: Household
  readonly group: Group | undefined
  /** Messages of strangers from this sender that were answered today. */
  readonly publicToday: number
  /** The lowest level of each command. */
  readonly commands: ReadonlyMap<string, Level>
}

/** Chooses the route. */
export function chooseRoute(inbound: Inbound, facts: RouteFacts): Route {
  const { speaker, household, group, clearance } = facts
  if (inbound.text.trim() === '' && !inbound.attachments?.length) return { kind: 'ignore', reason: 'empty' }
  const stranger = speaker.kind === 'stranger'
  if (inbound.place.kind === 'direct' && stranger) {
    if (household.unknown === 'pair') return { kind: 'pair' }
    if (household.unknown === 'ignore') return { kind: 'ignore', reason: 'stranger' }
  }
  if (inbound.place.kind === 'group' && !group) return { kind: 'ignore', reason: 'unlisted group' }

  const command = /^\/([a-z]+)(?:\s+([\s\S]*))?$/i.exec(inbound.text.trim())
  const needed = command ? facts.commands.get(command[1]!.toLowerCase()) : undefined
  if (command && needed !== undefined) {
    if (atLeast(clearance.acts, needed))
      return { kind: 'command', name: command[1]!.toLowerCase(), args: command[2]?.trim() ?? '' }
    if (inbound.place.kind === 'group') return { kind: 'ignore', reason: 'command below level' }
  }
  if (command && needed === undefined && !stranger && isMeantAsCommand(inbound))
    return { kind: 'unknown command', name: command[1]!.toLowerCase() }
  if (inbound.choice) return { kind: 'ignore', reason: 'nothing to choose' }
  if (group && !triggered(inbound, group)) return { kind: 'listen' }
  if (stranger && facts.publicToday >= household.publicDailyMessages)
    return { kind: 'ignore', reason: 'public budget' }
  return { kind: 'turn' }
}

/** In a group other programs have commands too. Telegram itself says /start when a chat begins. */
const isMeantAsCommand = ({ text, place, addressed, attachments }: Inbound): boolean =>
  (place.kind === 'direct' || addressed === true) && !attachments?.length && !/^\s*\/start(\s|$)/i.test(text)

function triggered(inbound: Inbound, group: Group): boolean {
  if (group.trigger === 'always' || inbound.addressed) return true
  if (group.trigger === 'regex' && group.triggerRegex?.test(inbound.text)) return true
  return group.mentionNames.some(name =>
    new RegExp(`(^|[^\\p{L}\\p{N}_])${RegExp.escape(name)}($|[^\\p{L}\\p{N}_])`, 'iu').test(inbound.text),
  )
}
