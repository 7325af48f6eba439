// The doctor's part about the gateway: whether it runs, as this version, as a service, and what it complains of.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Config } from '../../config/load.ts'
import { coopVersion } from '../../package.ts'
import { connectTo, isRunning } from '../connect.ts'
import { installedService } from '../service/here.ts'
import { isServiceActive } from '../service/service.ts'
import { type Check, type Finding, finding } from './check.ts'

export const gatewayChecks: readonly Check[] = [
  {
    name: 'gateway',
    run: async config => {
      const running = await isRunning(config)
      if (!running)
        return [
          {
            outcome: 'not enforced',
            title: 'the gateway runs',
            detail: 'start it with `coop start --detach`',
          },
          ...(await portFindings(config)),
        ]
      const { client } = await connectTo(config, { client: 'coop doctor' })
      using _ = client
      const { version, problems } = await client.call('status', {})
      const own = coopVersion()
      return [
        { outcome: 'proved', title: 'the gateway runs' },
        finding(
          version === own,
          `the gateway is of this version, ${own}`,
          `it is ${version}; \`coop restart\` starts this one`,
        ),
        ...problems.map(problem => ({ outcome: 'failed', title: problem }) as const),
      ]
    },
  },
  {
    name: 'service',
    run: async (config, _signal, cli) => {
      const title = 'the gateway starts by itself'
      const service = installedService(config, cli)
      if (!service)
        return [{ outcome: 'not enforced', title, detail: '`coop gateway install` makes it a service' }]
      return [
        finding(
          readFileSync(service.path, 'utf8') === service.text,
          'the service starts this Coop',
          'its definition is of another one; `coop gateway install` writes it anew',
        ),
        finding(
          await isServiceActive(service),
          `the service ${service.name} runs`,
          '`coop logs` may say why not; `coop restart` starts it',
        ),
      ]
    },
  },
  {
    name: 'terminal',
    run: async (_config, _signal, { surroundings }) => [
      surroundings.utf8 === false
        ? {
            outcome: 'not enforced',
            title: 'the terminal shows every letter',
            detail: 'it is not UTF-8; `export LANG=C.UTF-8`, or chat with --plain',
          }
        : { outcome: 'proved', title: 'the terminal is UTF-8' },
    ],
  },
]

/** Coop opens a port for Telegram's webhook alone. */
async function portFindings({ settings }: Config): Promise<Finding[]> {
  const { telegram } = settings.channels
  if (!telegram?.webhook_url) return []
  const port = telegram.webhook_port
  const server = createServer()
  const free = await new Promise<boolean>(resolve => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
  return [
    finding(
      free,
      `port ${port} is free for the webhook`,
      'another program has it; stop that, or set channels.telegram.webhook_port',
    ),
  ]
}
