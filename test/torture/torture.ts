// npm run torture [-- KILLS]: the long run, printed as a table; ends with 1 when a promise was broken.
import { type Tally, torture } from './run.ts'

const kills = Number(process.argv[2] ?? 300)
const begun = Date.now()
const tally = await torture({
  kills,
  progress: done => {
    if (done % 10 === 0) process.stderr.write(`\r${done} of ${kills} kills`)
  },
})
process.stderr.write('\n')
/** A restart has to poll again within this, milliseconds. */
const pollBarMs = 2_000
for (const slow of tally.firstPolls.filter(ms => ms > pollBarMs))
  tally.violations.push(`a restart polled only after ${slow} ms`)
for (const [name, value] of rowsOf(tally)) process.stdout.write(`${name.padEnd(58)} ${value}\n`)
for (const violation of tally.violations) process.stdout.write(`VIOLATION  ${violation}\n`)
process.exitCode = tally.violations.length > 0 ? 1 : 0

function rowsOf(of: Tally): [string, string | number][] {
  const polls = [...of.firstPolls].sort((a, b) => a - b)
  const at = (share: number) => polls[Math.min(polls.length - 1, Math.floor(polls.length * share))] ?? 0
  return [
    ['SIGKILLs', of.kills],
    ['  of them before the first poll', of.killsAtStart],
    [
      'restart to first poll, ms: p50 / p95 / worst (bar 2000)',
      `${at(0.5)} / ${at(0.95)} / ${polls.at(-1) ?? 0}`,
    ],
    ['messages accepted over Telegram', of.telegram],
    ['messages accepted from terminals', of.terminal],
    ['steps with tool results', of.toolCalls],
    ['messages to others: approved / arrived', `${of.notes.asked} / ${of.notes.arrived}`],
    ['Telegram sends in flight at a kill that arrived twice', of.inFlightTwice],
    ['live beginnings in flight at a kill that were left', of.draftsLeft],
    ['broken promises (bar 0)', of.violations.length],
    ['minutes', ((Date.now() - begun) / 60_000).toFixed(1)],
  ]
}
