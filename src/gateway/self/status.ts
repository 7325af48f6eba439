// How the gateway is, with what is wrong first.
import { workspaceFault } from '../../desk/files.ts'
import type { StatusReport } from '../../protocol/messages.ts'
import { spaceFault } from '../../store/space.ts'
import type { Store } from '../../store/store.ts'
import type { Configuration } from '../configuration/configuration.ts'
import type { InForce } from '../configuration/in-force.ts'
import type { ChannelRunner } from '../doors/channels.ts'

export interface StatusOptions {
  readonly version: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly inForce: InForce
  readonly configuration: Pick<Configuration, 'invalid' | 'waiting'>
  /** The model that answers where nobody chose another. */
  readonly model: () => string
  readonly channels: Pick<ChannelRunner, 'all' | 'lastError'>
  /** Sessions in which a turn runs. */
  readonly running: () => readonly string[]
  readonly store: Store
}

export function openStatus(options: StatusOptions): () => StatusReport {
  const { inForce, configuration, store } = options

  /** What no other row shows: a refused configuration, a missing key, a full disk. */
  const problems = (model: string): string[] => [
    ...(configuration.invalid() === null ? [] : [`coop.toml is not valid: ${configuration.invalid()}`]),
    ...configuration.waiting().map(key => `${key} waits for a restart`),
    ...(inForce.models().hasKey(model) ? [] : [`there is no key for ${model}`]),
    ...[store.misplaced() ?? [], spaceFault(inForce.config().paths.db) ?? []].flat(),
    ...[workspaceFault(inForce.config().paths.workspace) ?? []].flat(),
  ]

  return () => {
    const channels = options.channels.all().map((channel): StatusReport['channels'][number] => {
      const state = channel.state()
      const lastError = options.channels.lastError(channel.name)
      return {
        name: channel.name,
        state: state.kind,
        ...('error' in state ? { error: state.error } : lastError ? { lastError } : {}),
      }
    })
    const waiting = store.turns.open().filter(turn => turn.state === 'waiting').length
    const outbox = store.outbox.counts()
    const model = options.model()
    return {
      version: options.version,
      pid: process.pid,
      home: inForce.config().home,
      startedAt: options.startedAt,
      model,
      problems: [
        ...problems(model),
        ...channels.flatMap(channel => (channel.error ? [`${channel.name}: ${channel.error}`] : [])),
        ...(outbox.failed ? [`${outbox.failed} replies could not be delivered`] : []),
      ],
      channels,
      turns: { running: options.running().length, waiting },
      inbox: store.inbox.counts() as Record<string, number>,
      outbox,
    }
  }
}
