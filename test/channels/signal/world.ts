// A Signal of our own on loopback: server, the phone of the account, and people who write to it.

import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Device, type PrimaryDevice, Server, ServiceIdKind } from '@signalapp/mock-server'
import { createSignal, type SignalChannel } from '../../../channels/signal/adapter.ts'
import { linkSignal } from '../../../channels/signal/link.ts'
import type { SignalSettings } from '../../../channels/signal/service.ts'
import type { ChannelDeps, Inbound } from '../../../src/channel.ts'
import { silentLog } from '../../../src/log.ts'

export interface World extends AsyncDisposable {
  readonly server: Server
  /** The account's primary device. */
  readonly phone: PrimaryDevice
  readonly home: string
  readonly settings: SignalSettings
  readonly port: number
}

const certs = join(dirname(createRequire(import.meta.url).resolve('@signalapp/mock-server')), '..', 'certs')

export async function openWorld(): Promise<World> {
  const home = await mkdtemp(join(tmpdir(), 'coop-signal-'))
  const server = new Server({ cdn3Path: join(home, 'cdn') })
  await server.listen(0, '127.0.0.1')
  const { port } = server.address()
  const sessions = new Set<{ destroy(): void }>()
  httpsOf(server).on('session', (session: { destroy(): void }) => sessions.add(session))
  const phone = await server.createPrimaryDevice({ profileName: 'Coop' })
  return {
    server,
    phone,
    home,
    port,
    settings: settingsFor(port),
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy()
      await server.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}

export interface HttpsServer {
  on(event: string, listener: (...given: never[]) => void): void
  removeAllListeners(event: string): void
  listeners(event: string): ((...given: unknown[]) => void)[]
}

/** The server behind the mock, for faults that the mock has no word for. */
export const httpsOf = (server: Server): HttpsServer => (server as unknown as { https: HttpsServer }).https

export function settingsFor(port: number): SignalSettings {
  const json = (name: string) => JSON.parse(readFileSync(join(certs, name), 'utf8')) as Record<string, string>
  return {
    db_path: './db/signal.db',
    verbose: false,
    test_server: {
      port,
      ca: join(certs, 'ca-cert.pem'),
      trust_root: json('trust-root.json')['publicKey']!,
      zk_params: json('zk-params.json')['publicParams']!,
      storage_url: `https://localhost:${port}/storageService`,
      cdn_url: `https://localhost:${port}`,
    },
  }
}

/** Links the world's home to its phone; the mock's device on success. */
export async function link(world: World, name = 'Coop'): Promise<Device> {
  const provision = world.server.waitForProvision()
  const shown = Promise.withResolvers<string>()
  const linked = linkSignal(
    world.settings,
    world.home,
    { name, onCode: shown.resolve },
    AbortSignal.timeout(20_000),
  )
  const pending = await provision
  const complete = pending.complete({ provisionURL: await shown.promise, primaryDevice: world.phone })
  await linked
  return await complete
}

export const depsFor = (
  world: Pick<World, 'home'>,
  knows: (identity: string) => boolean = () => true,
): ChannelDeps => ({
  log: silentLog(),
  home: world.home,
  secret: () => undefined,
  knows,
})

export interface Running extends AsyncDisposable {
  readonly channel: SignalChannel
  readonly heard: readonly Inbound[]
  /** The next message that nobody took yet. */
  next(): Promise<Inbound>
  connected(): Promise<void>
}

/** Opens the channel and listens, as the gateway does. */
export async function run(
  world: Pick<World, 'home' | 'settings'>,
  deps: ChannelDeps = depsFor(world),
): Promise<Running> {
  const channel = await createSignal(world.settings, deps)
  const stop = new AbortController()
  const heard: Inbound[] = []
  let taken = 0
  let woken = Promise.withResolvers<void>()
  const listening = (async () => {
    for await (const batch of channel.listen(stop.signal)) {
      heard.push(...batch)
      woken.resolve()
      woken = Promise.withResolvers()
    }
  })()
  return {
    channel,
    heard,
    async next() {
      const deadline = AbortSignal.timeout(10_000)
      while (heard.length <= taken) await Promise.race([woken.promise, rejectOn(deadline, 'no message came')])
      return heard[taken++]!
    },
    connected: () => until(() => channel.state().kind === 'connected'),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await listening
      await channel[Symbol.asyncDispose]()
    },
  }
}

/** Lets `person` write to our device: they take a prekey of ours. */
export async function acquaint(
  person: PrimaryDevice,
  device: Device,
  kind = ServiceIdKind.ACI,
): Promise<void> {
  await person.addSingleUseKey(device, await device.popSingleUseKey(kind), kind)
}

export async function until(condition: () => boolean, ms = 10_000): Promise<void> {
  const end = Date.now() + ms
  while (!condition()) {
    if (Date.now() > end) throw new Error('the condition did not come true')
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

function rejectOn(signal: AbortSignal, message: string): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(new Error(message)), { once: true }),
  )
}

export const direct = (id: string) => ({ channel: 'signal', kind: 'direct', id }) as const
