// coop start: the gateway in the foreground, or detached.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openModels } from '../agent/models/models.ts'
import type { Loaded } from '../config/last-good.ts'
import type { Config } from '../config/load.ts'
import { openCoop } from '../coop.ts'
import { CoopError } from '../errors.ts'
import { coopVersion } from '../package.ts'
import { unblock } from '../terminal/unblock.ts'
import { type Cli, type Command, exit } from './command.ts'
import { isRunning } from './connect.ts'
import { requireOwnHome } from './find-home.ts'
import { openLastGood } from './home.ts'
import { keyVariable } from './key-check.ts'
import { alreadyRunning, detach } from './service/detach.ts'
import { installedService } from './service/here.ts'
import { openNotifier } from './service/notify.ts'
import { restartService, type Service } from './service/service.ts'

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
    `There is no key for ${model}: write ${keyVariable(config, model.split('/')[0]!)}=… into ${join(config.home, '.env')} (mode 0600), or choose model = "offline/coop" in coop.toml.`,
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
  const { turns, outbox } = coop.gateway.status()
  coop.log.info({ turns: turns.running, sending: outbox['sending'] ?? 0 }, 'stopping')
  if (turns.running > 0 && cli.stderr.isTTY)
    cli.stderr.write('It ends once its turns have come to a step; Ctrl-C again ends it at once.\n')
  return exit.done
}

/** A home with a service is started by its supervisor, so that it also starts again by itself. */
async function startInstalled(service: Service, config: Config, cli: Cli): Promise<number> {
  if (await isRunning(config)) throw alreadyRunning()
  await restartService(service)
  cli.stdout.write(`The service ${service.name} runs.\n`)
  return exit.done
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
