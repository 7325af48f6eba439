// coop start: the gateway in the foreground, or detached.
import { spawn } from 'node:child_process'
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openModels } from '../agent/models/models.ts'
import type { Loaded } from '../config/last-good.ts'
import type { Config } from '../config/load.ts'
import { coopVersion, logPath, openCoop } from '../coop.ts'
import { CoopError } from '../errors.ts'
import { unblock } from '../terminal/unblock.ts'
import { type Cli, type Command, exit } from './command.ts'
import { isRunning, openLastGood, requireOwnHome } from './home.ts'
import { installedService } from './service/here.ts'
import { openNotifier } from './service/notify.ts'
import { restartService, type Service } from './service/service.ts'

/** A small computer under load is slow to start; one that cannot start ends long before. */
const detachedStartMs = 60_000

export const start: Command = {
  name: 'start',
  usage: ['start [--detach]'],
  summary: 'run the gateway',
  async run(args, cli) {
    const { values } = parseArgs({ args: [...args], options: { detach: { type: 'boolean' } } })
    const loaded = openLastGood(cli)
    if (loaded.problem !== null)
      cli.stderr.write(`${loaded.problem}\nThe last good configuration is used instead.\n`)
    requireOwnHome(loaded.config)
    requireKey(loaded.config)
    if (!values.detach) return foreground(loaded, cli)
    const service = installedService(loaded.config, cli)
    return service ? startInstalled(service, loaded.config, cli) : detach(loaded.config, cli)
  },
}

/** Throws `key_missing` unless a key for the configured model is there. */
export function requireKey(config: Config): void {
  const { model } = config.settings.agent
  const models = openModels(config)
  models.resolve(model)
  if (models.hasKey(model)) return
  throw new CoopError(
    'key_missing',
    `There is no key for ${model}: set ANTHROPIC_API_KEY (or the variable that [provider] names), or choose model = "offline/coop".`,
  )
}

async function foreground({ config, problem }: Loaded, cli: Cli): Promise<number> {
  const begun = performance.now()
  unblock(cli.stderr)
  using notifier = openNotifier(cli.surroundings.supervisor ?? { notify: false, watchdogMs: undefined })
  await using coop = await openCoop({
    config,
    problem,
    surroundings: cli.surroundings,
    version: coopVersion(),
    channels: true,
    console: cli.stderr,
  })
  const names = coop.gateway.channels.all().map(channel => channel.name)
  coop.log.info(
    { home: config.home, channels: names.join(','), ms: Math.round(performance.now() - begun) },
    'ready',
  )
  if (!cli.stdout.isTTY) cli.stdout.write('ready\n')
  notifier.ready()
  await Promise.race([coop.stopped, aborted(cli.signal)])
  notifier.stopping()
  coop.log.info('stopping')
  return exit.done
}

/** A home with a service is started by its supervisor, so that it also starts again by itself. */
async function startInstalled(service: Service, config: Config, cli: Cli): Promise<number> {
  if (await isRunning(config)) throw alreadyRunning()
  await restartService(service)
  cli.stdout.write(`The service ${service.name} runs.\n`)
  return exit.done
}

const alreadyRunning = (): CoopError =>
  new CoopError('gateway_running', 'A gateway is already running on this home.')

/** Starts the gateway as a process of its own and waits until it answers. */
export async function detach(config: Config, cli: Cli): Promise<number> {
  if (await isRunning(config)) throw alreadyRunning()
  mkdirSync(config.paths.traces, { recursive: true, mode: 0o700 })
  const startLog = join(config.paths.traces, 'start.log')
  const output = openSync(startLog, 'a', 0o600)
  const before = fstatSync(output).size
  const main = fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : '../main.js', import.meta.url),
  )
  const child = spawn(process.execPath, [main, '--config', config.path, 'start'], {
    detached: true,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  let ended = false
  child.once('exit', () => {
    ended = true
  })
  child.unref()
  for (
    const begun = Date.now();
    Date.now() - begun < detachedStartMs && !ended && !cli.signal.aborted;
    await sleep(50)
  ) {
    if (!(await isRunning(config))) continue
    cli.stdout.write(`The gateway runs (process ${child.pid}); its log: ${logPath(config)}\n`)
    return exit.done
  }
  const said = readFileSync(startLog).subarray(before).toString('utf8')
  const why = /^coop: (.*)$/m.exec(said)?.[1]
  throw new CoopError(
    'gateway_unreachable',
    why
      ? `The gateway did not start: ${why}`
      : `The gateway did not start; ${startLog} may say why, and \`coop doctor\` looks for the cause.`,
  )
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
