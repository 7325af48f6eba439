// The service that belongs to a home on this system.
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../../config/load.ts'
import { CoopError } from '../../errors.ts'
import { packageFolder } from '../../package.ts'
import type { Cli } from '../command.ts'
import { isInstalled, type Service, serviceOf } from './service.ts'

/** Throws `not_permitted` where there is no supervisor that is known. */
export function serviceFor(config: Config, cli: Cli): Service {
  const facts = {
    node: process.execPath,
    program: join(packageFolder(), 'src', 'bin.js'),
    config: config.path,
    home: config.home,
    startLog: join(config.paths.traces, 'start.log'),
  }
  const { home, configHome = join(homedir(), '.config') } = cli.surroundings
  return serviceOf(facts, { platform: process.platform, usualHome: home, configHome })
}

/** The same if it is installed, else null. */
export function installedService(config: Config, cli: Cli): Service | null {
  try {
    const service = serviceFor(config, cli)
    return isInstalled(service) ? service : null
  } catch (error) {
    if (error instanceof CoopError && error.code === 'not_permitted') return null
    throw error
  }
}
