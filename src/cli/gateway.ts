// coop gateway install and uninstall: the gateway as a service of the system.
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Config, configFrom } from '../config/load.ts'
import { CoopError } from '../errors.ts'
import { type Cli, type Command, exit } from './command.ts'
import { isRunning } from './connect.ts'
import { openConfig } from './home.ts'
import { keyVariable } from './key-check.ts'
import { serviceFor } from './service/here.ts'
import { install, isInstalled, type Service, uninstall } from './service/service.ts'
import { requireKey } from './start.ts'

export const gateway: Command = {
  name: 'gateway',
  usage: ['gateway install [--print]', 'gateway uninstall'],
  summary: 'the gateway as a service that starts by itself',
  async run(args, cli) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { print: { type: 'boolean' } },
    })
    const config = openConfig(cli)
    const service = serviceFor(config, cli)
    if (positionals[0] === 'uninstall') {
      if (!isInstalled(service))
        throw new CoopError('not_found', `No service is installed for this home (${service.path}).`)
      await uninstall(service)
      cli.stdout.write(`The service ${service.name} is gone; the home is untouched.\n`)
      return exit.done
    }
    if (positionals[0] !== 'install')
      throw new CoopError('usage_wrong', 'Say `coop gateway install` or `coop gateway uninstall`.')
    if (values.print) cli.stdout.write(service.text)
    else await put(service, config, cli)
    return exit.done
  },
}

async function put(service: Service, config: Config, cli: Cli): Promise<void> {
  const keys = keyFile(config)
  requireOwnKey(config, keys)
  if (!isInstalled(service) && (await isRunning(config)))
    throw new CoopError('gateway_running', 'A gateway already runs on this home; `coop stop` it first.')
  const { atBoot } = await install(service, userInfo().username)
  cli.stdout.write(`The service ${service.name} runs; it starts again after every failure.\n`)
  cli.stdout.write(whenItStarts(atBoot))
}

function whenItStarts(atBoot: boolean): string {
  if (process.platform !== 'linux') return 'It starts when you log in.\n'
  if (atBoot) return 'It starts at boot, also before you log in.\n'
  return `It starts when you log in. For a start at boot: sudo loginctl enable-linger ${userInfo().username}\n`
}

/** The file with the keys that a service reads, made at 0600 if there is none. */
function keyFile(config: Config): string {
  const path = join(config.home, '.env')
  if (!existsSync(path))
    writeFileSync(path, '# NAME=value, one a line. Nobody else may read this.\n', { mode: 0o600 })
  chmodSync(path, 0o600)
  return path
}

/** A service does not see the variables of the shell that installs it. */
function requireOwnKey(config: Config, keys: string): void {
  try {
    requireKey(configFrom(config.text, config.path, 1, {}))
  } catch (cause) {
    if (!(cause instanceof CoopError) || cause.code !== 'key_missing') throw cause
    throw new CoopError(
      'key_missing',
      `A service sees no variable of this shell: write the key for ${config.settings.agent.model} into ${keys} first (${keyVariable(config, config.settings.agent.model.split('/')[0]!)}=…).`,
      { cause },
    )
  }
}
