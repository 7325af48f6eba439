// How the gateway is, with what is wrong first.
import type { StatusReport } from '../protocol/messages.ts'
import type { Store } from '../store/store.ts'
import type { ChannelRunner } from './channels.ts'

export interface StatusFacts {
  readonly version: string
  readonly home: string
  readonly startedAt: number
  readonly model: string
  readonly channels: Pick<ChannelRunner, 'all' | 'lastError'>
  readonly running: number
  /** Complaints that no other row shows: a refused configuration, a missing key. */
  readonly problems: readonly string[]
  readonly store: Store
}

export function statusOf(facts: StatusFacts): StatusReport {
  const channels = facts.channels.all().map((channel): StatusReport['channels'][number] => {
    const state = channel.state()
    const lastError = facts.channels.lastError(channel.name)
    return {
      name: channel.name,
      state: state.kind,
      ...('error' in state ? { error: state.error } : lastError ? { lastError } : {}),
    }
  })
  const waiting = facts.store.turns.open().filter(turn => turn.state === 'waiting').length
  const outbox = facts.store.outbox.counts()
  return {
    version: facts.version,
    pid: process.pid,
    home: facts.home,
    startedAt: facts.startedAt,
    model: facts.model,
    problems: [
      ...facts.problems,
      ...channels.flatMap(channel => (channel.error ? [`${channel.name}: ${channel.error}`] : [])),
      ...(outbox.failed ? [`${outbox.failed} replies could not be delivered`] : []),
    ],
    channels,
    turns: { running: facts.running, waiting },
    inbox: facts.store.inbox.counts() as Record<string, number>,
    outbox,
  }
}

export function statusText(report: StatusReport): string {
  const since = new Date(report.startedAt).toISOString().replace('T', ' ').slice(0, 16)
  const pairs = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'empty'
  return [
    ...report.problems.map(problem => `! ${problem}`),
    `Coop ${report.version}, since ${since} UTC, model ${report.model}`,
    `channels: ${report.channels.map(channel => `${channel.name} ${channel.state}`).join(', ') || 'none'}`,
    `turns: ${report.turns.running} running, ${report.turns.waiting} waiting`,
    `inbox: ${pairs(report.inbox)}; outbox: ${pairs(report.outbox)}`,
  ].join('\n')
}
