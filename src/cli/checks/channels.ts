// The doctor's part about channels: what the running gateway says of each, or else a connection made to try.
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Channel, ChannelState } from '../../channel.ts'
import type { Config } from '../../config/load.ts'
import { socketPath } from '../../config/places.ts'
import { messageOf } from '../../errors.ts'
import { silentLog } from '../../log.ts'
import { connectClient } from '../../protocol/client.ts'
import { protocolVersion } from '../../protocol/framing.ts'
import { lastErrorText } from '../last-error.ts'
import type { Check, Finding } from './check.ts'

const tryMs = 10_000
const lookMs = 50

export const channelChecks: readonly Check[] = [
  {
    name: 'channels',
    run: async (config, signal) => (await fromGateway(config)) ?? (await tried(config, signal)),
  },
]

/** Null when no gateway runs. */
async function fromGateway(config: Config): Promise<Finding[] | null> {
  const socket = socketPath(config)
  if (!existsSync(socket)) return null
  using client = await connectClient(socket, () => {}).catch(() => null)
  if (!client) return null
  await client.call('initialize', { protocol: protocolVersion, client: 'coop doctor' })
  const { channels } = await client.call('status', {})
  return channels
    .filter(({ name }) => name !== 'terminal')
    .map(({ name, state, error, lastError }) =>
      findingOf(name, state === 'connected', error, lastError && lastErrorText(lastError)),
    )
}

async function tried(config: Config, signal: AbortSignal): Promise<Finding[]> {
  const { configuredChannels } = await import('../../../channels/index.ts')
  const deps = {
    log: silentLog(),
    home: config.home,
    secret: config.secret,
    cursors: { all: () => ({}), save: () => {} },
  }
  return Promise.all(
    configuredChannels(config.settings.channels).map(async ({ name, create }) => {
      try {
        await using channel = await create(deps)
        const state = await stateOf(channel, AbortSignal.any([signal, AbortSignal.timeout(tryMs)]))
        return resultOf(name, state)
      } catch (error) {
        return findingOf(name, false, messageOf(error))
      }
    }),
  )
}

/** Listens until it is known how things stand; what arrives meanwhile is not taken, so it comes again. */
async function stateOf(channel: Channel, signal: AbortSignal): Promise<ChannelState> {
  const stop = new AbortController()
  const until = AbortSignal.any([signal, stop.signal])
  const listening = (async () => {
    for await (const batch of channel.listen(until)) if (batch.length > 0) break
  })()
  while (channel.state().kind === 'starting' && !until.aborted) await sleep(lookMs)
  const state = channel.state()
  stop.abort()
  await listening
  return state
}

function resultOf(name: string, state: ChannelState): Finding {
  const error = 'error' in state ? state.error : undefined
  return state.kind === 'connected'
    ? findingOf(name, true, error)
    : findingOf(name, false, error, 'no answer')
}

/** `instead` is told where no error is. */
function findingOf(name: string, connected: boolean, error: string | undefined, instead?: string): Finding {
  const detail = error ?? instead
  return {
    outcome: connected && error === undefined ? 'proved' : 'failed',
    title: connected ? `${name} is connected` : `${name} is not connected`,
    ...(detail ? { detail } : {}),
  }
}
