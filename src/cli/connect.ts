// A connection to the gateway that runs on a home.
import { socketPath } from '../config/places.ts'
import { CoopError } from '../errors.ts'
import { type Client, connectClient } from '../protocol/client.ts'
import type { SequencedEvent } from '../protocol/events.ts'
import { protocolVersion } from '../protocol/framing.ts'
import type { Results } from '../protocol/messages.ts'

/** Of a configuration, or of a home whose configuration was not read. */
export interface Home {
  readonly home: string
}

/** A connection to the running gateway, initialized as `user`. Throws `gateway_unreachable`. */
export async function connectTo(
  home: Home,
  options: { client: string; user?: string | undefined; onEvent?: (event: SequencedEvent) => void },
): Promise<{ client: Client; who: Results['initialize'] }> {
  const client = await connectClient(socketPath(home), options.onEvent ?? (() => {}))
  try {
    const answer = client.call('initialize', {
      protocol: protocolVersion,
      client: options.client,
      ...(options.user === undefined ? {} : { user: options.user }),
    })
    return { client, who: await within(answerMs, answer) }
  } catch (error) {
    client[Symbol.dispose]()
    throw error
  }
}

/** Whether a gateway answers on this home. */
export async function isRunning(home: Home): Promise<boolean> {
  try {
    const client = await connectClient(socketPath(home), () => {})
    client[Symbol.dispose]()
    return true
  } catch {
    return false
  }
}

/** How long a gateway may take to say who one is. */
const answerMs = 8_000

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () =>
      reject(
        new CoopError(
          'gateway_unreachable',
          'The gateway does not answer; `coop logs` may say why, and `coop restart` starts it again.',
        ),
      ),
    ms,
  )
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
