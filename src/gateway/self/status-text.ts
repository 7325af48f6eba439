// A status report as lines, what is wrong first.
import type { StatusReport } from '../../protocol/messages.ts'

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
