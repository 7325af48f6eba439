// coop restart: the gateway ends after its turns and begins again, in the background or by its supervisor.
import { CoopError } from '../errors.ts'
import { type Command, exit } from './command.ts'
import { openConfig } from './home.ts'
import { detach } from './service/detach.ts'
import { installedService } from './service/here.ts'
import { restartService } from './service/service.ts'
import { requireKey } from './start.ts'
import { stopGateway } from './stop.ts'

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
