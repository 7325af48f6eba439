// coop stop: the running gateway ends after its turns.
import { setTimeout as sleep } from 'node:timers/promises'
import { lockPath } from '../config/places.ts'
import { CoopError } from '../errors.ts'
import type { StatusReport } from '../protocol/messages.ts'
import { takeLock } from '../store/lock.ts'
import { type Cli, type Command, exit } from './command.ts'
import { connectTo, type Home } from './connect.ts'
import { findHome } from './find-home.ts'

const patienceMs = 60_000
/** After so long it says what it waits for. */
const quietMs = 1_500

export const stop: Command = {
  name: 'stop',
  usage: ['stop'],
  summary: 'stop the gateway',
  async run(_args, cli) {
    await stopGateway(findHome(cli), cli)
    cli.stdout.write('The gateway has stopped.\n')
    return exit.done
  },
}

/** Asks the gateway to end and waits until its home is free. Throws `aborted` on Ctrl-C: the gateway ends by itself. */
export async function stopGateway(home: Home, cli: Cli): Promise<void> {
  const { client } = await connectTo(home, { client: 'coop stop' })
  using _ = client
  await client.call('gateway/stop', {})
  let said = false
  for (const begun = Date.now(); Date.now() - begun < patienceMs; await sleep(50)) {
    if (isFree(home)) return
    if (cli.signal.aborted) {
      cli.stderr.write('The gateway goes on ending by itself; `coop status` tells when it is gone.\n')
      throw new CoopError('aborted', 'Stopped.')
    }
    if (said || Date.now() - begun < quietMs) continue
    said = true
    const left = await client.call('status', {}).then(leftOf, () => '')
    cli.stderr.write(`The gateway finishes ${left || 'its work'}. Ctrl-C leaves it to that.\n`)
  }
  throw new CoopError(
    'gateway_running',
    'The gateway is still finishing its turns; look again with `coop status`.',
  )
}

/** What a gateway that ends waits for. */
function leftOf({ turns, outbox }: StatusReport): string {
  const { running } = turns
  const sending = outbox['sending'] ?? 0
  return [
    ...(running > 0 ? [running === 1 ? 'a turn' : `${running} turns`] : []),
    ...(sending > 0
      ? [sending === 1 ? 'a message that is on its way' : `${sending} messages that are on their way`]
      : []),
  ].join(' and ')
}

function isFree(home: Home): boolean {
  try {
    takeLock(lockPath(home))[Symbol.dispose]()
    return true
  } catch {
    return false
  }
}
