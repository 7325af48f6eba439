// The package on disk: its folder, its version, and the migrations it brings.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that holds package.json, in a checkout and in the published package. */
export function packageFolder(): string {
  const here = fileURLToPath(new URL('..', import.meta.url))
  return existsSync(join(here, 'package.json')) ? here : join(here, '..')
}

/** The folder of one database's migrations. */
export const migrationsFolder = (name: string): string => join(packageFolder(), 'migrations', name)

export const coopVersion = (): string =>
  (JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string }).version
