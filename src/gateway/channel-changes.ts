// When a channel connects, what waits for it goes out and its menus are offered; when it stops for good, owners are told.
import type { Channel } from '../channel.ts'
import type { Sender } from '../delivery/sender.ts'
import type { Log } from '../log.ts'
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
  return changed => {
    const state = changed.state()
    log.info(
      { channel: changed.name, state: state.kind, ...('error' in state ? { error: state.error } : {}) },
      'channel',
    )
    if (state.kind === 'connected') {
      sender.wake()
      void menus.offer(changed)
    }
    if (state.kind === 'failed') office.tellOwners(`The channel ${changed.name} stopped: ${state.error}`)
  }
}
