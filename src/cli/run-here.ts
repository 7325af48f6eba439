// Runs a chat command on the running gateway, or the same on the files of a home where none runs.
import { join } from 'node:path'
import type { Config } from '../config/load.ts'
import { lockPath } from '../config/places.ts'
import { CoopError } from '../errors.ts'
import { type Configuration, openConfiguration } from '../gateway/configuration/configuration.ts'
import { refusalOf } from '../gateway/configuration/probation.ts'
import { silentLog } from '../log.ts'
import { migrationsFolder } from '../package.ts'
import { takeLock } from '../store/lock.ts'
import { openStore, type Store } from '../store/store.ts'
import { openTracer } from '../trace/trace.ts'
import { connectTo, isRunning } from './connect.ts'

export interface Here {
  readonly store: Store
  readonly configuration: Configuration
  readonly author: { readonly who: string | null; readonly via: 'terminal' }
}

/** Resolves to what the command says; throws why it was not done. `problem` is why the file is not what `config` holds. */
export async function runHere(
  config: Config,
  command: string,
  here: (here: Here) => Promise<string>,
  problem: string | null = null,
): Promise<string> {
  if (await isRunning(config)) {
    const { client, who } = await connectTo(config, { client: 'coop' })
    using _ = client
    const { text, fault } = await client.call('command/run', { session: who.session, command })
    if (fault) throw new CoopError(fault, text)
    return text
  }
  using _ = takeLock(lockPath(config))
  using store = openStore(join(config.paths.db, 'coop.db'), migrationsFolder('coop'))
  await using configuration = openConfiguration({
    config,
    problem,
    generations: store.generations,
    durable: store.durable,
    bring: async () => {},
    refuse: refusalOf,
    tryOut: async () => null,
    examine: async () => null,
    tell: () => {},
    log: silentLog(),
    tracer: openTracer(undefined, text => text, false),
    now: Date.now,
  })
  return await here({ store, configuration, author: { who: null, via: 'terminal' } })
}
