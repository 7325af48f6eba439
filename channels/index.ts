// Name to lazy factory: the SDK of a channel that is not configured never loads.
import type { Channel, ChannelDeps, Control } from '../src/channel.ts'
import type { Settings } from '../src/config/schema.ts'
import { CoopError } from '../src/errors.ts'

export { unableChannel } from './unable.ts'

type ChannelSettings = Settings['channels']
export type ChannelName = keyof ChannelSettings

type Factories = {
  readonly [N in ChannelName]: (
    settings: NonNullable<ChannelSettings[N]>,
    deps: ChannelDeps,
  ) => Promise<Channel>
}

const factories: Factories = {
  async telegram({ token, api_root, webhook_url, webhook_port }, deps) {
    const { createTelegram } = await import('./telegram/telegram.ts')
    return createTelegram(
      {
        token: needed(deps, 'telegram', token),
        ...(api_root === undefined ? {} : { apiRoot: api_root.replace(/\/+$/, '') }),
        ...(webhook_url === undefined ? {} : { webhook: { url: webhook_url, port: webhook_port } }),
      },
      deps,
    )
  },
  async discord({ token, api_root, gateway_url }, deps) {
    const { createDiscord } = await import('./discord/discord.ts')
    return createDiscord(
      {
        token: needed(deps, 'discord', token),
        ...(api_root === undefined ? {} : { apiRoot: api_root.replace(/\/+$/, '') }),
        ...(gateway_url === undefined ? {} : { gatewayUrl: gateway_url }),
      },
      deps,
    )
  },
  async signal(settings, deps) {
    const { createSignal } = await import('./signal/adapter.ts')
    return createSignal(settings, deps)
  },
}

/** The channels that `settings` configure, each made when asked. */
export function configuredChannels(
  settings: ChannelSettings,
): { name: ChannelName; create: (deps: ChannelDeps) => Promise<Channel> }[] {
  return (Object.keys(factories) as ChannelName[]).flatMap(name => {
    const own = settings[name]
    return own === undefined
      ? []
      : [{ name, create: (deps: ChannelDeps) => factories[name](own as never, deps) }]
  })
}

/** The terminal, which every gateway has. */
export async function terminalChannel(socket: string, control: Control, deps: ChannelDeps): Promise<Channel> {
  const { createTerminal } = await import('./terminal/terminal.ts')
  return createTerminal({ socket, control, log: deps.log })
}

function needed(deps: ChannelDeps, channel: string, reference: string): string {
  const value = deps.secret(reference)
  if (value === undefined) {
    throw new CoopError(
      'key_missing',
      `The channel ${channel} needs the variable ${reference.replace('env:', '')}, which is empty; set it or put it into .env.`,
    )
  }
  return value
}
