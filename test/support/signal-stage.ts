// A household on Signal: the mock server, a Bot API and a Messages API on loopback, and the real gateway, linked by its own command.
import { spawn } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Device, Group } from '@signalapp/mock-server'
import Database from 'better-sqlite3'
import { openWorld, socketsOf, until as untilSoon, type World } from '../channels/signal/world.ts'
import { type RunningGateway, startGateway } from './coop.ts'
import { type FakeAnthropic, openFakeAnthropic } from './fake-anthropic.ts'
import { type FakeTelegram, openFakeTelegram } from './fake-telegram.ts'
import { makeTestHome, type TestHome } from './home.ts'
import { openPhone, type Phone, watchPhone } from './signal-phone.ts'
import { until } from './until.ts'

export interface SignalStage extends AsyncDisposable {
  readonly world: World
  /** The gateway's device, as the server knows it. */
  readonly agent: Device
  readonly home: TestHome
  readonly telegram: FakeTelegram
  readonly model: FakeAnthropic
  /** The phone of the account that the gateway is linked to. */
  readonly account: Phone
  readonly alice: Phone
  readonly bob: Phone
  readonly carol: Phone
  /** Nobody the household knows. */
  readonly mallory: Phone
  /** Alice, Bob and the agent; listed, answered when mentioned. */
  readonly family: Group
  /** The gateway that was started last. */
  readonly gateway: RunningGateway
  /** Starts the gateway and waits until Signal is connected. */
  start(): Promise<RunningGateway>
  /** Whether the gateway has a connection to Signal. */
  connected(): boolean
  /** Links, as a person does who runs the command and scans its code: the first, or the `code`th. */
  link(how?: { readonly code?: number }): Promise<string>
  /** Waits until all that was asked is answered and out, then forgets what the phones got. */
  settle(): Promise<void>
}

export interface SignalStageOptions {
  /** Added to coop.toml; told what the family's group is called there. */
  readonly toml?: (named: { readonly family: string }) => string
  /** Whose own account is linked. Nobody's if absent: the agent has one of its own. */
  readonly own?: 'Carol'
  /** Below `[channels.signal]`. */
  readonly signal?: string
  /** Only the home and the people: nothing is linked or started. */
  readonly idle?: boolean
  /** Added to the environment of every process of the home. */
  readonly env?: Readonly<Record<string, string>>
  /** How long the server waits for a code to be scanned. */
  readonly patienceMs?: number
}

/** Machines may be busy. */
const patienceMs = 90_000
const program = fileURLToPath(new URL('../../src/bin.js', import.meta.url))

/** A group's id as coop.toml names it. */
const hexOf = (group: Group): string => Buffer.from(group.id, 'base64').toString('hex')

/** What is not answered, or not out yet. */
export function openIn(database: string): number {
  const db = new Database(database, { readonly: true })
  try {
    return db
      .prepare<[], number>(
        `SELECT (SELECT count(*) FROM inbox WHERE state IN ('new', 'running')) +
           (SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending'))`,
      )
      .pluck()
      .get()!
  } finally {
    db.close()
  }
}

/** Opens the household, links its home and starts its gateway. */
export async function openSignalStage(options: SignalStageOptions = {}): Promise<SignalStage> {
  await using stack = new AsyncDisposableStack()
  // Of all people the phone has one in its address book: Mallory.
  const world = stack.use(await openWorld({ contacts: ['Mallory'], patienceMs: options.patienceMs }))
  const telegram = stack.use(await openFakeTelegram())
  const model = stack.use(await openFakeAnthropic())
  const [alice, bob, carol, mallory] = [
    await openPhone(world, 'Alice'),
    await openPhone(world, 'Bob'),
    await openPhone(world, 'Carol'),
    watchPhone(world, 'Mallory', world.contacts[0]!),
  ] as const
  const account = watchPhone(world, 'Coop', world.phone)
  const phones = [account, alice, bob, carol, mallory]
  const family = await alice.device.createGroup({
    title: 'Family',
    members: [alice.device, world.phone, bob.device],
  })
  const server = Object.entries(world.settings.test_server ?? {})
    .map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
    .join('\n')
  const home = stack.use(
    makeTestHome(
      `[agent]
id = "coop"
model = "anthropic/claude-opus-4-6"
[[users]]
name = "Alice"
trust = "full"
match = ["terminal:default", "telegram:1001", "signal:${alice.aci}"]
[[users]]
name = "Bob"
trust = "inner"
match = ["signal:${bob.aci}"]
[[users]]
name = "Carol"
trust = "familiar"
match = ["signal:${options.own ? account.aci : carol.aci}"]
[[groups]]
match = "signal:group:${hexOf(family)}"
[channels.telegram]
token = "env:TELEGRAM_TOKEN"
api_root = "${telegram.url}"
[channels.signal]
${options.signal ?? ''}
[channels.signal.test_server]
${server}
${options.toml?.({ family: hexOf(family) }) ?? ''}`,
      {
        TELEGRAM_TOKEN: telegram.token,
        ANTHROPIC_API_KEY: 'sk-ant-api03-loopback-key-of-a-test',
        ANTHROPIC_BASE_URL: model.url,
        ...options.env,
      },
    ),
  )
  home.file('workspaces/default/SOUL.md', 'You are Coop.')
  let gateway: RunningGateway | undefined
  let agent: Device | undefined
  const gateways = stack.use(new AsyncDisposableStack())
  const the = <T>(what: T | undefined): T => {
    if (what === undefined) throw new Error('nothing was linked or started')
    return what
  }
  const stage: Omit<SignalStage, typeof Symbol.asyncDispose> = {
    world,
    home,
    telegram,
    model,
    account,
    alice,
    bob,
    carol,
    mallory,
    family,
    get agent() {
      return the(agent)
    },
    get gateway() {
      return the(gateway)
    },
    connected: () => socketsOf(world.server).has(the(agent)),
    async start() {
      gateway = gateways.use(await startGateway(home))
      await until('a connection to Signal', () => stage.connected(), patienceMs)
      return gateway
    },
    async link({ code = 1 } = {}) {
      const provisions = Array.from({ length: code }, () => world.server.waitForProvision())
      const child = spawn(process.execPath, [program, 'signal', 'link', '--name', 'Kitchen'], {
        env: home.env,
        cwd: home.dir,
      })
      let said = ''
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', text => {
          said += text
        })
      const ended = new Promise<number | null>(resolve => child.once('close', resolve))
      const provisionURL = await until(
        'a code',
        () => said.match(/sgnl:\S+/g)?.[code - 1] ?? child.exitCode !== null,
        patienceMs,
      )
      if (provisionURL === true) throw new Error(`linking ended: ${said}`)
      const complete = (await provisions.at(-1)!).complete({ provisionURL, primaryDevice: world.phone })
      complete.catch(() => undefined)
      const status = await ended
      if (status !== 0) throw new Error(`linking ended with ${status}: ${said}`)
      agent = await complete
      // What is sent to a socket that is closing is lost in the mock, though never at Signal.
      await untilSoon(() => !stage.connected())
      for (const person of phones) await person.meet(agent)
      return said
    },
    async settle() {
      await until('nothing is open', () => openIn(home.database) === 0, patienceMs)
      // The server has it; the phones open what they are handed one after the other.
      await setTimeout(50)
      for (const phone of phones) phone.clear()
    },
  }
  if (!options.idle) {
    await stage.link()
    await stage.start()
  }
  const kept = stack.move()
  return Object.defineProperties({} as SignalStage, {
    ...Object.getOwnPropertyDescriptors(stage),
    [Symbol.asyncDispose]: { value: () => kept.disposeAsync() },
  })
}
