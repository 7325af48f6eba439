// What the configuration says of memory, as the options of `openMemory`.
import { resolve } from 'node:path'
import type { Config } from '../config/load.ts'
import type { MemoryOptions } from './memory.ts'

/** The options that `config` gives, with those of the caller. */
export function memoryOptionsOf(
  config: Config,
  given: Omit<MemoryOptions, 'path' | 'embedding'>,
): MemoryOptions {
  const { db_path, embedding } = config.settings.memory
  const name = embedding?.api_key_env?.replace(/^env:/, '')
  return {
    ...given,
    path: resolve(config.home, db_path),
    ...(embedding === undefined
      ? {}
      : {
          embedding: {
            provider: embedding.provider,
            model: embedding.model,
            dimensions: embedding.dimensions,
            baseUrl: embedding.base_url,
            key: name === undefined ? undefined : config.secret(`env:${name}`),
            stores: embedding.stores,
          },
        }),
  }
}
