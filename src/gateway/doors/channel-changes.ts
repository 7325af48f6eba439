// When a channel connects, what waits for it goes out and its menus are offered; owners are told once when it stops for good or wants something of a person.
import type { Channel } from '../../channel.ts'
import type { Sender } from '../../delivery/sender.ts'
import type { Log } from '../../log.ts'
import type { Menus } from './menus.ts'
import type { PostOffice } from './post-office.ts'

export interface ChannelChangeOptions {
  readonly sender: Sender
  readonly menus: Menus
  readonly office: PostOffice
  readonly log: Log
}

export function openChannelChanges({
  sender,
  menus,
  office,
  log,
}: ChannelChangeOptions): (changed: Channel) => void {
  /** What owners were told that a channel wants, until it wants nothing more. */
  const wants = new Map<string, string>()

  return changed => {
    const state = changed.state()
    log.info(
      { channel: changed.name, state: state.kind, ...('error' in state ? { error: state.error } : {}) },
      'channel',
    )
    if (state.kind === 'connected') {
      sender.wake()
      void menus.offer(changed)
      const { error } = state
      if (error !== undefined && wants.get(changed.name) !== error)
        office.tellOwners(`The channel ${changed.name} needs you: ${error}.`)
      if (error === undefined) wants.delete(changed.name)
      else wants.set(changed.name, error)
    }
    if (state.kind === 'failed') office.tellOwners(`The channel ${changed.name} stopped: ${state.error}`)
  }
}
