// Starts, stops and restarts the channels whose settings or secrets changed, and no other.
import type { Channel } from '../../channel.ts'
import { sameChannel } from '../../config/in-force.ts'
import type { Config } from '../../config/load.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { ChannelRunner } from './channels.ts'

export interface WantedChannel {
  readonly name: keyof Config['settings']['channels']
  /** Does not throw for what an operator has to mend: the channel says it. */
  readonly create: () => Promise<Channel>
}

/** One that does not start is logged, and the others start all the same. */
export async function syncChannels(
  channels: ChannelRunner,
  channelsOf: ((config: Config) => readonly WantedChannel[]) | undefined,
  next: Config,
  before: Config,
  log: Log,
): Promise<void> {
  if (!channelsOf) return
  const wanted = channelsOf(next)
  const gone = channelsOf(before).filter(({ name }) => !wanted.some(other => other.name === name))
  for (const { name } of gone) await channels.stop(name)
  await Promise.all(
    wanted.map(async ({ name, create }) => {
      if (channels.get(name) && sameChannel(name, next, before)) return
      try {
        await channels.stop(name)
        channels.start(await create())
        log.info({ channel: name }, 'the channel was started anew')
      } catch (error) {
        log.error({ channel: name, err: { message: messageOf(error) } }, 'the channel does not start')
      }
    }),
  )
}
