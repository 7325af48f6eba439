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
  readonly contacts: readonly PrimaryDevice[]
  readonly home: string
  readonly settings: SignalSettings
  readonly port: number
  /** What the server has open now. */
  readonly sessions: Set<{ destroy(): void }>
}

const mockPath = createRequire(import.meta.url).resolve('@signalapp/mock-server')
/** How long anything is waited for that has to come. */
const patientMs = 60_000
export const soon = (): AbortSignal => AbortSignal.timeout(patientMs)
/** How long the server waits for a code to be scanned, and the like; machines may be busy. */
const longMs = 90_000
const inMock = createRequire(mockPath)
const certs = join(dirname(mockPath), '..', 'certs')

/** `contacts` are the names of people whom the phone has in its address book. */
export async function openWorld(
  options: { readonly contacts?: readonly string[]; readonly patienceMs?: number | undefined } = {},
): Promise<World> {
  const home = await mkdtemp(join(tmpdir(), 'coop-signal-'))
  const server = new Server({ cdn3Path: join(home, 'cdn'), timeout: options.patienceMs ?? longMs })
  await server.listen(0, '127.0.0.1')
  const { port } = server.address()
  // The mock rejects what was on its way to a device when that went; nobody waits for it then.
  const send = server.send.bind(server)
  server.send = (device, message) => send(device, message).catch(() => undefined)
  const sessions = new Set<{ destroy(): void }>()
  httpsOf(server).on('session', (session: { destroy(): void }) => sessions.add(session))
  const contacts: PrimaryDevice[] = []
  for (const profileName of options.contacts ?? [])
    contacts.push(await server.createPrimaryDevice({ profileName }))
  const phone = await server.createPrimaryDevice({ profileName: 'Coop', contacts })
  return {
    server,
    phone,
    contacts,
    home,
    port,
    sessions,
    settings: settingsFor(port),
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy()
      await server.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** The server is gone, as when a cable is pulled; returns what plugs it in again. */
export function goAway(world: Pick<World, 'server' | 'port' | 'sessions'>): () => Promise<void> {
  const https = httpsOf(world.server)
  https.close()
  for (const session of world.sessions) session.destroy()
  world.sessions.clear()
  return () => new Promise(resolve => https.listen(world.port, '127.0.0.1', resolve))
}

interface HttpsServer {
  close(): void
  listen(port: number, host: string, done: () => void): void
  on(event: string, listener: (...given: never[]) => void): void
  removeAllListeners(event: string): void
  listeners(event: string): ((...given: unknown[]) => void)[]
}

/** The server behind the mock, for faults that the mock has no word for. */
const httpsOf = (server: Server): HttpsServer => (server as unknown as { https: HttpsServer }).https

/** From now on the server answers every new connection so. */
export function answerWith(
  world: Pick<World, 'server'>,
  status: number,
  headers: Record<string, string> = {},
): () => void {
  const https = httpsOf(world.server)
  const before = https.listeners('connect')
  https.removeAllListeners('connect')
  https.on('connect', ((
    _request: unknown,
    response: { writeHead(status: number, headers: object): void; end(): void },
  ) => {
    response.writeHead(status, headers)
    response.end()
  }) as never)
  return () => {
    https.removeAllListeners('connect')
    for (const listener of before) https.on('connect', listener as never)
  }
}

interface Router {
  run(request: { path?: string; id: unknown }): Promise<{ status: number; message: string }>
}

/** Until disposed of, every server answers what is asked of `path` so. */
export function refuse(path: string, status: number): Disposable {
  const { Router } = createRequire(mockPath)('./server/ws/router.js') as { Router: { prototype: Router } }
  const { run } = Router.prototype
  Router.prototype.run = async function (this: Router, request) {
    return request.path === path ? { id: request.id, status, message: 'No' } : await run.call(this, request)
  }
  return {
    [Symbol.dispose]() {
      Router.prototype.run = run
    },
  }
}

export function settingsFor(port: number): SignalSettings {
  const json = (name: string) => JSON.parse(readFileSync(join(certs, name), 'utf8')) as Record<string, string>
  return {
    db_path: './db/signal.db',
    verbose: false,
    test_server: {
      port,
      ca: join(certs, 'ca-cert.pem'),
      trust_root: json('trust-root.json').publicKey!,
      zk_params: json('zk-params.json').publicParams!,
      storage_url: `https://localhost:${port}/storageService`,
      cdn_url: `https://localhost:${port}`,
    },
  }
}

/** Who is connected now. */
export const socketsOf = (server: Server): Map<Device, { close(code: number): void }> =>
  (server as unknown as { webSockets: Map<Device, { close(code: number): void }> }).webSockets

/** The server ends a device's connection. The server may learn of one a moment after the device does. */
export async function hangUp({ server }: Pick<World, 'server'>, device: Device, code: number): Promise<void> {
  await until(() => socketsOf(server).has(device))
  socketsOf(server).get(device)?.close(code)
}

/** Links the world's home to its phone; the mock's device on success. */
export async function link(world: World, name = 'Coop'): Promise<Device> {
  const provision = world.server.waitForProvision()
  const shown = Promise.withResolvers<string>()
  const linked = linkSignal(world.settings, world.home, { name, onCode: shown.resolve }, soon())
  const pending = await provision
  const complete = pending.complete({ provisionURL: await shown.promise, primaryDevice: world.phone })
  await linked
  const device = await complete
  // What is sent to a socket that is closing is lost in the mock, though never at Signal.
  await until(() => !socketsOf(world.server).has(device))
  return device
}

export const depsFor = (
  world: Pick<World, 'home'>,
  knows: (identity: string) => boolean = () => true,
): ChannelDeps => ({
  log: silentLog(),
  home: world.home,
  secret: () => undefined,
  cursors: { all: () => ({}), save: () => {} },
  knows,
})

export interface Running extends AsyncDisposable {
  readonly channel: SignalChannel
  readonly heard: readonly Inbound[]
  /** The next message that nobody took yet. */
  next(): Promise<Inbound>
  connected(): Promise<void>
}

/** Opens the channel, listens as the gateway does, and waits for the connection. */
export async function run(
  world: Pick<World, 'home' | 'settings'>,
  deps: ChannelDeps = depsFor(world),
): Promise<Running> {
  const running = await open(world, deps)
  await running.connected()
  return running
}

/** Opens the channel and listens, connected or not. */
export async function open(
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
      const deadline = soon()
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

/** A new phone with the same account: the identity key is another one. */
export async function reinstall(world: Pick<World, 'server'>, person: PrimaryDevice): Promise<void> {
  // The mock has its own copy of the protocol library, and keys of one copy mean nothing to the other.
  const { PrivateKey } = inMock('@signalapp/libsignal-client') as typeof import('@signalapp/libsignal-client')
  const secret = PrivateKey.generate()
  const inside = person as unknown as Record<string, unknown> & {
    sessions: { constructor: new () => unknown }
    identity: Map<string, { updateIdentityKey(key: unknown): Promise<void> }>
  }
  await inside.identity.get('ACI')?.updateIdentityKey(secret)
  Object.assign(inside, {
    privateKey: secret,
    publicKey: secret.getPublicKey(),
    sessions: new inside.sessions.constructor(),
  })
  await person.device.setKeys(ServiceIdKind.ACI, await person.generateKeys(person.device, ServiceIdKind.ACI))
  Object.assign(inside, { privSenderCertificate: await world.server.getSenderCertificate(person.device) })
}

export interface Carried {
  readonly sealed: boolean
  readonly type: string
  readonly to: string
  readonly timestamp: number
}

/** Everything that the server carries to phones from now on. */
export function watch(server: Server): Carried[] {
  const carried: Carried[] = []
  const handle = server.handleMessage.bind(server)
  server.handleMessage = async (source, kind, type, target, content, timestamp) => {
    carried.push({ sealed: source === undefined, type, to: target.aci, timestamp: Number(timestamp) })
    await handle(source, kind, type, target, content, timestamp)
  }
  return carried
}

/** Somebody who can write to our device. */
export async function friend(
  world: Pick<World, 'server'>,
  name: string,
  device: Device,
): Promise<PrimaryDevice> {
  const person = await world.server.createPrimaryDevice({ profileName: name })
  await acquaint(person, device)
  return person
}

export async function until(condition: () => boolean, ms = patientMs): Promise<void> {
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
