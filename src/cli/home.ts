// A home on disk: found, made, and talked to when a gateway runs on it.
import { cpSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Loaded, loadOrLastGood } from '../config/last-good.ts'
import { type Config, findConfig, loadConfig } from '../config/load.ts'
import { packageFolder, socketPath } from '../coop.ts'
import { CoopError, messageOf } from '../errors.ts'
import { type Client, connectClient } from '../protocol/client.ts'
import type { SequencedEvent } from '../protocol/events.ts'
import { protocolVersion, type Results } from '../protocol/messages.ts'
import type { Cli } from './command.ts'

export interface NewHome {
  readonly dir: string
  readonly name: string
  readonly model: string
  /** The variable with the provider's key, if it is not the usual one. */
  readonly provider?: string
}

/** Makes a home. Throws `config_invalid` if there is one in `dir` already. Returns the path of its coop.toml. */
export function makeHome({ dir, name, model, provider }: NewHome): string {
  const path = join(dir, 'coop.toml')
  if (existsSync(path)) throw new CoopError('input_invalid', `${path} exists already; nothing was changed.`)
  layOut(dir)
  const text = `# Coop. Every key is explained in coop.toml.example and by \`coop check\`.

[agent]
id = "coop"
model = ${JSON.stringify(model)}
${provider ?? ''}
[[users]]
name = ${JSON.stringify(name)}
trust = "full"
match = ["terminal:default"]
`
  writeFileSync(path, text, { mode: 0o600, flag: 'wx' })
  return path
}

function layOut(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    for (const folder of ['db', 'traces', 'run'])
      mkdirSync(join(dir, folder), { recursive: true, mode: 0o700 })
    cpSync(join(packageFolder(), 'workspaces', 'default'), join(dir, 'workspaces', 'default'), {
      recursive: true,
      force: false,
      errorOnExist: false,
    })
  } catch (cause) {
    throw new CoopError(
      'file_unreadable',
      `No home can be made in ${dir} (${messageOf(cause)}); choose another place with \`coop init --dir D\`.`,
      { cause },
    )
  }
}

/** Throws `not_permitted` for a home that another user of this machine owns: what root wrote there, they could not read. */
export function requireOwnHome(config: Config, uid = process.getuid?.()): void {
  const owner = statSync(config.path).uid
  if (uid === undefined || owner === uid) return
  throw new CoopError(
    'not_permitted',
    `${config.path} belongs to another user of this machine (${owner}); run Coop as that user, or make a home of your own with \`coop init\`.`,
  )
}

/** The configuration of the home in force; with a broken file the last good one, told on standard error. Throws `config_missing` if there is none. */
export function openConfig(cli: Cli): Config {
  const { config, problem } = openLastGood(cli)
  if (problem !== null) cli.stderr.write(`${problem}\nThe last good configuration is used instead.\n`)
  return config
}

/** The same with what is wrong with the file, null if nothing is. */
export function openLastGood(cli: Cli): Loaded {
  return loadOrLastGood(pathOf(cli))
}

/** The configuration as the file says. Throws for a broken one. */
export const openStrictly = (cli: Cli): Config => loadConfig(pathOf(cli))

function pathOf(cli: Cli): string {
  const path = findConfig(cli.config)
  if (!path)
    throw new CoopError('config_missing', 'There is no coop.toml here or in ~/.coop; run `coop init`.')
  return path
}

/** A connection to the running gateway, initialized as `user`. Throws `gateway_unreachable`. */
export async function connectTo(
  config: Config,
  options: { client: string; user?: string | undefined; onEvent?: (event: SequencedEvent) => void },
): Promise<{ client: Client; who: Results['initialize'] }> {
  const client = await connectClient(socketPath(config), options.onEvent ?? (() => {}))
  try {
    const answer = client.call('initialize', {
      protocol: protocolVersion,
      client: options.client,
      ...(options.user === undefined ? {} : { user: options.user }),
    })
    return { client, who: await within(answerMs, answer) }
  } catch (error) {
    client[Symbol.dispose]()
    throw error
  }
}

/** Whether a gateway answers on this home. */
export async function isRunning(config: Config): Promise<boolean> {
  try {
    const client = await connectClient(socketPath(config), () => {})
    client[Symbol.dispose]()
    return true
  } catch {
    return false
  }
}

/** How long a gateway may take to say who one is. */
const answerMs = 8_000

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () =>
      reject(
        new CoopError(
          'gateway_unreachable',
          'The gateway does not answer; `coop logs` may say why, and `coop restart` starts it again.',
        ),
      ),
    ms,
  )
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
