// Which home a command means; its configuration is not read for that.
import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { findConfig } from '../config/environment.ts'
import { CoopError } from '../errors.ts'
import type { Cli } from './command.ts'

export interface FoundHome {
  /** Its coop.toml. */
  readonly path: string
  readonly home: string
}

/** Throws `config_missing` if there is none. */
export function findHome(cli: Pick<Cli, 'config'>): FoundHome {
  const path = findConfig(cli.config)
  if (!path)
    throw new CoopError('config_missing', 'There is no coop.toml here or in ~/.coop; run `coop init`.')
  return { path, home: dirname(path) }
}

/** Throws `not_permitted` for a home that another user of this machine owns: what root wrote there, they could not read. */
export function requireOwnHome({ path }: { readonly path: string }, uid = process.getuid?.()): void {
  const owner = statSync(path).uid
  if (uid === undefined || owner === uid) return
  throw new CoopError(
    'not_permitted',
    `${path} belongs to another user of this machine (${owner}); run Coop as that user, or make a home of your own with \`coop init\`.`,
  )
}
