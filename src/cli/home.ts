// A home on disk: made, and its configuration read.
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Loaded, loadOrLastGood } from '../config/last-good.ts'
import { type Config, loadConfig } from '../config/load.ts'
import { CoopError, messageOf } from '../errors.ts'
import { packageFolder } from '../package.ts'
import type { Cli } from './command.ts'
import { findHome } from './find-home.ts'

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

/** The configuration of the home in force; with a broken file the last good one, told on standard error. Throws `config_missing` if there is none. */
export function openConfig(cli: Cli): Config {
  const { config, problem } = openLastGood(cli)
  if (problem !== null) cli.stderr.write(`${problem}\nThe last good configuration is used instead.\n`)
  return config
}

/** The same with what is wrong with the file, null if nothing is. */
export function openLastGood(cli: Cli): Loaded {
  return loadOrLastGood(findHome(cli).path)
}

/** The configuration as the file says. Throws for a broken one. */
export const openStrictly = (cli: Cli): Config => loadConfig(findHome(cli).path)
