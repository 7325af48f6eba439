// coop cron: what is scheduled, what became of it, and a run beside its times.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Config } from '../config/load.ts'
import { CoopError } from '../errors.ts'
import { nextDue } from '../gateway/schedule/due.ts'
import { type Foresight, foreseeJob } from '../gateway/schedule/foresight.ts'
import { chatJob, configuredJobs, type Job } from '../gateway/schedule/job.ts'
import { askedFor } from '../gateway/schedule/needs.ts'
import { nameBefore, runLine, stateWords } from '../gateway/schedule/note.ts'
import { inWords } from '../gateway/schedule/when.ts'
import { clock, systemTimezone } from '../gateway/zone.ts'
import { migrationsFolder } from '../package.ts'
import { openStore, type Store } from '../store/store.ts'
import { type Cli, type Command, exit } from './command.ts'
import { connectTo } from './connect.ts'
import { openConfig } from './home.ts'

/** Rows of the ledger that are shown. */
const page = 50

export const cron: Command = {
  name: 'cron',
  usage: ['cron [list] [--json]', 'cron run NAME', 'cron history [NAME] [--json]'],
  summary: 'what is scheduled, what it would ask for, and what became of it',
  async run(args, cli) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean' } },
    })
    const [verb = 'list', ...rest] = positionals
    const what = rest.join(' ')
    const config = openConfig(cli)
    if (verb === 'run') return await runNow(config, what, cli)
    if (verb !== 'list' && verb !== 'history')
      throw new CoopError('usage_wrong', `cron does not know "${verb}"; see \`coop help cron\`.`)
    using store = openStore(join(config.paths.db, 'coop.db'), migrationsFolder('coop'))
    const shown = verb === 'list' ? list(config, store) : history(config, store, what)
    for await (const { text, data } of shown)
      if (!values.json) cli.stdout.write(`${text}\n`)
      else if (data) cli.stdout.write(`${JSON.stringify(data)}\n`)
    return exit.done
  },
}

/** `data` is absent for a line that only people read. */
interface Shown {
  readonly text: string
  readonly data?: unknown
}

async function runNow(config: Config, what: string, cli: Cli): Promise<number> {
  if (!what) throw new CoopError('usage_wrong', 'Say which: `coop cron run NAME`.')
  const { client, who } = await connectTo(config, { client: 'coop cron' })
  using _ = client
  const { text, fault } = await client.call('command/run', {
    session: who.session,
    command: `/cron run ${what}`,
  })
  if (fault) throw new CoopError(fault, text)
  cli.stdout.write(`${text}\n`)
  return exit.done
}

const zoneOf = ({ settings }: Config): string => settings.agent.timezone ?? systemTimezone()

const jobsOf = (config: Config, store: Store): Job[] => [
  ...configuredJobs(config.settings, config.household, () => zoneOf(config)),
  ...store.jobs.active().map(chatJob),
]

async function* list(config: Config, store: Store): AsyncGenerator<Shown> {
  const zone = zoneOf(config)
  const jobs = jobsOf(config, store)
  if (jobs.length === 0) yield { text: 'Nothing is scheduled.' }
  for (const job of jobs) {
    const next = nextDue(job, Date.now())
    const seen = await foreseeJob(job, config)
    const [last] = store.runs.history(job.id, 1)
    const lines = [
      `${shownName(job)} [${job.id}]${whose(job, config)}`,
      `  ${inWords(job)}; ${next === null ? 'no time to come' : `next ${clock(next, zone)} ${zone}`}`,
      ...(last ? [`  last ${clock(last.due, zone)}: ${stateWords[last.state]}`] : []),
      ...ahead(seen).map(line => `  ${line}`),
    ]
    yield {
      text: lines.join('\n'),
      data: {
        id: job.id,
        name: shownName(job),
        person: job.person,
        when: inWords(job),
        next: next === null ? null : new Date(next).toISOString(),
        last: last ? { due: new Date(last.due).toISOString(), state: last.state } : null,
        ...(seen.kind === 'closed' ? { closed: seen.reason } : { needs: seen.needs }),
      },
    }
  }
}

/** What a job would meet, as lines for people. */
export function ahead(seen: Foresight): string[] {
  if (seen.kind === 'closed') return [`does not run: ${seen.reason}`]
  return seen.needs.length === 0 ? [] : [`waits for a yes before: ${askedFor(seen.needs)}`]
}

function* history(config: Config, store: Store, what: string): Generator<Shown> {
  const rows = store.runs.history(what || null, page)
  if (rows.length === 0) {
    if (what && !jobsOf(config, store).some(job => job.id === what || job.name === what))
      throw new CoopError('not_found', `There is no job “${what}”; \`coop cron list\` shows them.`)
    yield { text: 'Nothing ran yet.' }
  }
  for (const run of rows)
    yield { text: runLine(run, zoneOf(config), null), data: { ...run, name: nameBefore(run, null) } }
}

/** What somebody asked for by chat is theirs: here stands only whose it is. */
const shownName = (job: Job): string => (job.grant === null ? job.name : `a ${job.kind} of ${job.person}`)

function whose({ person, grant }: Job, { household }: Config): string {
  if (person === null) return ', for nobody'
  return grant === null ? `, as ${household.people.get(person)?.name ?? person}` : ''
}
