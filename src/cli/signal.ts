// coop signal: links this home to a phone's Signal account, and unlinks it.
import { hostname } from 'node:os'
import { parseArgs } from 'node:util'
import { findConfig } from '../config/environment.ts'
import { type Config, loadConfig } from '../config/load.ts'
import { CoopError } from '../errors.ts'
import { type Cli, type Command, exit } from './command.ts'

export const signal: Command = {
  name: 'signal',
  usage: ['signal link [--name N]', 'signal unlink'],
  summary: 'link a Signal account, or unlink it',
  async run(args, cli) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { name: { type: 'string' } },
    })
    const [verb, ...rest] = positionals
    if (rest.length > 0 || (verb !== 'link' && verb !== 'unlink')) {
      throw new CoopError('usage_wrong', 'Write `coop signal link [--name N]` or `coop signal unlink`.')
    }
    const config = configOf(cli)
    const settings = config.settings.channels.signal ?? { db_path: './db/signal.db', verbose: false }
    return verb === 'link'
      ? await link(cli, config, settings, values.name ?? `Coop on ${hostname()}`)
      : await unlink(cli, config, settings)
  },
}

type Settings = NonNullable<Config['settings']['channels']['signal']>

async function link(cli: Cli, config: Config, settings: Settings, name: string): Promise<number> {
  const trimmed = name.trim()
  if (trimmed === '' || trimmed.length > 50) {
    throw new CoopError('usage_wrong', '--name takes 1 to 50 characters.')
  }
  const [{ linkSignal }, { default: qrcode }] = await Promise.all([
    import('../../channels/signal/link.ts'),
    import('qrcode'),
  ])
  cli.stdout.write(
    'Best with a number of the agent’s own: on an account of yours, answers appear as your own.\n',
  )
  const linked = await linkSignal(
    settings,
    config.home,
    {
      name: trimmed,
      onCode: async url => {
        const code = await qrcode.toString(url, { type: cli.stdout.isTTY ? 'terminal' : 'utf8', small: true })
        cli.stdout.write(
          `\n${code}\n${url}\n\nOn the phone: Settings, Linked devices, Link new device. The code changes every 45 seconds.\n`,
        )
      },
    },
    cli.signal,
  )
  cli.stdout.write(`Linked to ${linked.number ?? linked.aci} as device ${linked.device}.\n`)
  if (!config.settings.channels.signal)
    cli.stdout.write(`Add [channels.signal] to ${config.path}, then start Coop.\n`)
  return exit.done
}

async function unlink(cli: Cli, config: Config, settings: Settings): Promise<number> {
  const { unlinkSignal } = await import('../../channels/signal/link.ts')
  const told = await unlinkSignal(settings, config.home)
  cli.stdout.write(
    told
      ? 'Unlinked.\n'
      : 'The keys here are gone, but Signal could not be told: remove the device on the phone too (Settings, Linked devices).\n',
  )
  return exit.done
}

function configOf(cli: Cli): Config {
  const path = findConfig(cli.config)
  if (!path) throw new CoopError('config_missing', 'There is no home; run `coop init`.')
  return loadConfig(path)
}
