// A gateway and a chat in one process, with a home made for it if there is none.
import { userInfo } from 'node:os'
import { openModels } from '../agent/models/models.ts'
import { findConfig } from '../config/environment.ts'
import { loadOrLastGood } from '../config/last-good.ts'
import type { Config } from '../config/load.ts'
import { openCoop } from '../coop.ts'
import { coopVersion } from '../package.ts'
import type { Cli } from './command.ts'
import { type ChatOptions, converse } from './converse.ts'
import { requireOwnHome } from './find-home.ts'
import { makeHome } from './home.ts'
import { keyVariable } from './key-check.ts'

/** `before`: what is to be said first. */
export async function chatOnOwn(
  cli: Cli,
  options: ChatOptions,
  before: readonly string[] = [],
): Promise<number> {
  const said = [...before]
  let path = findConfig(cli.config)
  if (!path) {
    path = newHome(cli)
    said.push(`A home was made: ${path}`)
  }
  const loaded = loadOrLastGood(path)
  if (loaded.problem !== null) said.push(`${loaded.problem}\nThe last good configuration is used instead.`)
  const config = withAnswerer(loaded.config)
  requireOwnHome(config)
  await using coop = await openCoop({
    config,
    problem: loaded.problem,
    adapt: withAnswerer,
    surroundings: cli.surroundings,
    version: coopVersion(),
    channels: options.message === undefined,
  })
  const stopped = new AbortController()
  void coop.stopped.then(() => stopped.abort())
  const signal = AbortSignal.any([cli.signal, stopped.signal])
  return await converse(config, { ...cli, signal }, options, false, said)
}

function newHome(cli: Cli): string {
  return makeHome({
    dir: cli.surroundings.home,
    name: userInfo().username || 'owner',
    model: 'anthropic/claude-opus-4-6',
  })
}

/** Without a key for the configured model, the offline model answers for as long as this process runs. */
function withAnswerer(config: Config): Config {
  const { settings } = config
  const models = openModels(config)
  const wanted = models.resolve(settings.agent.model)
  if (models.hasKey(wanted)) return config
  const variable = keyVariable(config, wanted.split('/')[0]!)
  return {
    ...config,
    standIn: `No model key is set: the built-in offline model answers. Set ${variable} for a real one.`,
    settings: { ...settings, agent: { ...settings.agent, model: 'offline/coop' } },
  }
}
