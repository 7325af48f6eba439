// coop stop: the running gateway ends after its turns.
import { setTimeout as sleep } from 'node:timers/promises'
import { lockPath } from '../config/places.ts'
import { CoopError } from '../errors.ts'
import { takeLock } from '../store/lock.ts'
import { type Cli, type Command, exit } from './command.ts'
import { connectTo, type Home } from './connect.ts'
import { findHome } from './find-home.ts'

const patienceMs = 60_000

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

/** Asks the gateway to end and waits until its home is free. */
export async function stopGateway(home: Home, cli: Cli): Promise<void> {
  const { client } = await connectTo(home, { client: 'coop stop' })
  using _ = client
  await client.call('gateway/stop', {})
  for (const begun = Date.now(); Date.now() - begun < patienceMs && !cli.signal.aborted; await sleep(50)) {
    if (isFree(home)) return
  }
  throw new CoopError(
    'gateway_running',
    'The gateway is still finishing its turns; look again with `coop status`.',
  )
}

function isFree(home: Home): boolean {
  try {
    takeLock(lockPath(home))[Symbol.dispose]()
    return true
  } catch {
    return false
  }
}
