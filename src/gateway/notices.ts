// What the agent is told beside a message, once: that coop.toml was refused, in the next turn of somebody who can mend it.
import type { Clearance } from '../access/clearance.ts'
import type { Configuration } from './configuration/configuration.ts'

export function openNotices(
  configuration: Pick<Configuration, 'invalid'>,
): (clearance: Clearance) => readonly string[] {
  let noticed: string | null = null

  return clearance => {
    const reason = configuration.invalid()
    if (clearance.level !== 'full' || clearance.place.kind !== 'direct' || reason === noticed) return []
    noticed = reason
    return reason === null ? [] : [`[Coop: coop.toml is not valid, the last good one is in force: ${reason}]`]
  }
}
