// coop cron: what is scheduled, what became of it, and a run beside its times.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CoopError } from '../errors.ts'
import { nextDue } from '../gateway/schedule/due.ts'
import { chatJob, configuredJobs, type Job } from '../gateway/schedule/job.ts'
import { nameBefore, runLine } from '../gateway/schedule/note.ts'
import { inWords } from '../gateway/schedule/when.ts'
import { clock, systemTimezone } from '../gateway/zone.ts'
import { migrationsFolder } from '../package.ts'
import { openStore } from '../store/store.ts'
import { type Command, exit } from './command.ts'
import { connectTo } from './connect.ts'
import { openConfig } from './home.ts'

/** Rows of the ledger that are shown. */
const page = 50

export const cron: Command = {
  name: 'cron',
  usage: ['cron [list] [--json]', 'cron run NAME', 'cron history [NAME] [--json]'],
  summary: 'what is scheduled, and what became of it',
  async run(args, cli) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean' } },
    })
    const [verb = 'list', ...rest] = positionals
    const what = rest.join(' ')
    const config = openConfig(cli)
    const zone = config.settings.agent.timezone ?? systemTimezone()
    const print = (line: string, data: unknown) =>
      cli.stdout.write(values.json ? `${JSON.stringify(data)}\n` : `${line}\n`)
    if (verb === 'run') {
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
    using store = openStore(join(config.paths.db, 'coop.db'), migrationsFolder('coop'))
    if (verb === 'history') {
      for (const run of store.runs.history(what || null, page))
        print(runLine(run, zone, null), { ...run, name: nameBefore(run, null) })
      return exit.done
    }
    if (verb !== 'list')
      throw new CoopError('usage_wrong', `cron does not know "${verb}"; see \`coop help cron\`.`)
    const jobs = [
      ...configuredJobs(config.settings, config.household, zone),
      ...store.jobs.active().map(chatJob),
    ]
    for (const job of jobs) {
      const next = nextDue(job, Date.now())
      const then = next === null ? 'no time to come' : `next ${clock(next, zone)} ${zone}`
      print(`${job.id}  ${shownName(job)}  ${inWords(job)}; ${then}`, {
        id: job.id,
        name: shownName(job),
        person: job.person,
        when: inWords(job),
        next: next === null ? null : new Date(next).toISOString(),
      })
    }
    return exit.done
  },
}

/** What somebody asked for by chat is theirs: here stands only whose it is. */
const shownName = (job: Job): string => (job.grant === null ? job.name : `a ${job.kind} of ${job.person}`)
