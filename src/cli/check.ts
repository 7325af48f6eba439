// coop check: validates the configuration and shows what each person would get.
import { parseArgs } from 'node:util'
import { workspaceFault } from '../desk/files.ts'
import { reportPeople } from '../gateway/people/preview.ts'
import { foreseeJob } from '../gateway/schedule/foresight.ts'
import { configuredJobs } from '../gateway/schedule/job.ts'
import { systemTimezone } from '../gateway/zone.ts'
import { type Command, exit } from './command.ts'
import { ahead } from './cron.ts'
import { openStrictly } from './home.ts'

export const check: Command = {
  name: 'check',
  usage: ['check [--json]'],
  summary: 'validate the configuration; show what each person would get and each job would ask for',
  async run(args, cli) {
    const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean' } } })
    const config = openStrictly(cli)
    const people = reportPeople(config)
    const fault = workspaceFault(config.paths.workspace)
    if (fault) cli.stderr.write(`coop: ${fault}\n`)
    const code = fault ? exit.failed : exit.done
    const { household, settings } = config
    const jobs = await Promise.all(
      configuredJobs(settings, household, () => settings.agent.timezone ?? systemTimezone()).map(
        async job => ({
          job,
          seen: await foreseeJob(job, config),
        }),
      ),
    )
    if (values.json) {
      const seen = jobs.map(({ job: { id, name, person }, seen: { kind: _, ...rest } }) => ({
        ...{ id, name, person },
        ...rest,
      }))
      cli.stdout.write(
        `${JSON.stringify({ path: config.path, model: settings.agent.model, people, jobs: seen })}\n`,
      )
      return code
    }
    cli.stdout.write(`${config.path} is valid. Model: ${settings.agent.model}\n\n`)
    for (const person of people) {
      cli.stdout.write(
        `${person.name} (${person.id}) on ${person.channel}: ${person.level}\n  opens: ${person.opens.join(', ') || 'nothing'}\n  tools: ${person.tools.join(', ') || 'none'}\n  prompt: about ${person.promptTokens} tokens\n`,
      )
    }
    for (const { job, seen } of jobs)
      cli.stdout.write(
        `the job ${job.name}${ahead(seen)
          .map(line => `\n  ${line}`)
          .join('')}\n`,
      )
    return code
  },
}
