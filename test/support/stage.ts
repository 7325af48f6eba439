// A whole household on loopback: a home, a Bot API, a Messages API, and the real gateway between them.
import { readFileSync } from 'node:fs'
import { type RunningGateway, startGateway } from './coop.ts'
import { type FakeAnthropic, openFakeAnthropic } from './fake-anthropic.ts'
import { type FakeTelegram, openFakeTelegram, type Sent } from './fake-telegram.ts'
import { makeTestHome, type TestHome } from './home.ts'
import { until } from './until.ts'

export const alice = { id: 1001, name: 'Alice' }
export const bob = { id: 1002, name: 'Bob' }
export const carol = { id: 1003, name: 'Carol' }
export const mallory = { id: 6666, name: 'Mallory' }

/** Alice owns it, Bob is close, Carol is a friend. Mallory is nobody. */
export const household = `
[[users]]
name = "Alice"
trust = "full"
match = ["terminal:default", "telegram:1001"]

[[users]]
name = "Bob"
trust = "inner"
match = ["telegram:1002"]

[[users]]
name = "Carol"
trust = "familiar"
match = ["telegram:1003"]
`

export interface Stage extends AsyncDisposable {
  readonly home: TestHome
  readonly telegram: FakeTelegram
  readonly model: FakeAnthropic
  /** The one that was started last. */
  readonly gateway: RunningGateway
  start(): Promise<RunningGateway>
  /** Writes coop.toml anew and waits until it is in force. */
  toml(): string
  configure(change: (toml: string) => string): Promise<void>
  /** Waits until `count` messages have reached a chat, and returns the last. */
  reply(chat: number, count?: number): Promise<Sent>
}

export interface StageOptions {
  /** Added to coop.toml. */
  readonly toml?: string
  /** Instead of the usual household. */
  readonly users?: string
  readonly env?: Readonly<Record<string, string>>
  /** Only the home and the fakes, no gateway yet. */
  readonly idle?: boolean
}

/** Opens the household and starts its gateway. */
export async function openStage(options: StageOptions = {}): Promise<Stage> {
  await using stack = new AsyncDisposableStack()
  const telegram = stack.use(await openFakeTelegram())
  const model = stack.use(await openFakeAnthropic())
  const home = stack.use(
    makeTestHome(
      `[agent]
id = "coop"
model = "anthropic/claude-opus-4-6"
${options.users ?? household}
[channels.telegram]
token = "env:TELEGRAM_TOKEN"
api_root = "${telegram.url}"
${options.toml ?? ''}`,
      {
        TELEGRAM_TOKEN: telegram.token,
        ANTHROPIC_API_KEY: 'sk-ant-api03-loopback-key-of-a-test',
        ANTHROPIC_BASE_URL: model.url,
        ...options.env,
      },
    ),
  )
  let gateway: RunningGateway | null = null
  const start = async () => {
    gateway = gateways.use(await startGateway(home))
    return gateway
  }
  const gateways = stack.use(new AsyncDisposableStack())
  if (!options.idle) await start()
  const kept = stack.move()
  return {
    home,
    telegram,
    model,
    get gateway() {
      if (!gateway) throw new Error('no gateway was started')
      return gateway
    },
    start,
    toml: () => readFileSync(home.config, 'utf8'),
    async configure(change) {
      const changes = () => gateway!.stderr().split('configuration in force').length
      const before = changes()
      home.configure(change(readFileSync(home.config, 'utf8')))
      await until('the configuration in force', () => changes() > before)
    },
    reply: (chat, count = 1) => until(`message ${count} to ${chat}`, () => telegram.sent(chat)[count - 1]),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
