// coop stop and coop restart: the running gateway ends after its turns.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config/load.ts'
import { lockPath } from '../coop.ts'
import { CoopError } from '../errors.ts'
import { takeLock } from '../store/lock.ts'
import { type Cli, type Command, exit } from './command.ts'
import { connectTo, openConfig } from './home.ts'
import { installedService } from './service/here.ts'
import { restartService } from './service/service.ts'
import { detach, requireKey } from './start.ts'

const patienceMs = 60_000

export const stop: Command = {
  name: 'stop',
  usage: ['stop'],
  summary: 'stop the gateway',
  async run(_args, cli) {
    await stopGateway(openConfig(cli), cli)
    cli.stdout.write('The gateway has stopped.\n')
    return exit.done
  },
}

export const restart: Command = {
  name: 'restart',
  usage: ['restart'],
  summary: 'stop the gateway and start it in the background',
  async run(_args, cli) {
    const config = openConfig(cli)
    const service = installedService(config, cli)
    if (service) {
      await restartService(service)
      cli.stdout.write(`The service ${service.name} has started again.\n`)
      return exit.done
    }
    requireKey(config)
    await stopGateway(config, cli).catch(error => {
      if (!(error instanceof CoopError && error.code === 'gateway_unreachable')) throw error
    })
    return detach(config, cli)
  },
}

/** Asks the gateway to end and waits until its home is free. */
async function stopGateway(config: Config, cli: Cli): Promise<void> {
  const { client } = await connectTo(config, { client: 'coop stop' })
  using _ = client
  await client.call('gateway/stop', {})
  for (const begun = Date.now(); Date.now() - begun < patienceMs && !cli.signal.aborted; await sleep(50)) {
    if (isFree(config)) return
  }
  throw new CoopError(
    'gateway_running',
    'The gateway is still finishing its turns; look again with `coop status`.',
  )
}

function isFree(config: Config): boolean {
  try {
    takeLock(lockPath(config))[Symbol.dispose]()
    return true
  } catch {
    return false
  }
}
