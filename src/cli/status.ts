// coop status and coop channels: what the running gateway says of itself.
import { parseArgs } from 'node:util'
import { statusText } from '../gateway/self/status-text.ts'
import { type Cli, type Command, exit } from './command.ts'
import { connectTo } from './connect.ts'
import { findHome, requireOwnHome } from './find-home.ts'
import { lastErrorText } from './last-error.ts'

async function report(args: readonly string[], cli: Cli) {
  const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean' } } })
  const found = findHome(cli)
  const { client } = await connectTo(found, { client: 'coop status' }).catch(async error => {
    requireOwnHome(found)
    await sayWhy(cli)
    throw error
  })
  using _ = client
  return { json: values.json ?? false, status: await client.call('status', {}) }
}

/** Where no gateway answers, a broken configuration or a full disk may be the reason. */
async function sayWhy(cli: Cli): Promise<void> {
  const { openConfig } = await import('./home.ts')
  const { spaceFault } = await import('../store/space.ts')
  const fault = spaceFault(openConfig(cli).home)
  if (fault) cli.stderr.write(`! ${fault}\n`)
}

export const status: Command = {
  name: 'status',
  usage: ['status [--json]'],
  summary: 'how the gateway is, what is wrong first',
  async run(args, cli) {
    const { json, status: found } = await report(args, cli)
    cli.stdout.write(json ? `${JSON.stringify(found)}\n` : `${statusText(found)}\n`)
    return found.problems.length > 0 ? exit.failed : exit.done
  },
}

export const channels: Command = {
  name: 'channels',
  usage: ['channels [--json]'],
  summary: 'the state of each channel',
  async run(args, cli) {
    const { json, status: found } = await report(args, cli)
    const lines = found.channels.map(({ name, state, error, lastError }) => {
      const before = lastError && ` (${lastErrorText(lastError)})`
      return `${name}  ${state}${error ? `: ${error}` : (before ?? '')}`
    })
    cli.stdout.write(json ? `${JSON.stringify(found.channels)}\n` : `${lines.join('\n')}\n`)
    return exit.done
  },
}
