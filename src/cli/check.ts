// coop check: validates the configuration and shows what each person would get.
import { parseArgs } from 'node:util'
import { workspaceFault } from '../desk/files.ts'
import { reportPeople } from '../gateway/preview.ts'
import { type Command, exit } from './command.ts'
import { openStrictly } from './home.ts'

export const check: Command = {
  name: 'check',
  usage: ['check [--json]'],
  summary: 'validate the configuration; show what each person would get',
  async run(args, cli) {
    const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean' } } })
    const config = openStrictly(cli)
    const people = reportPeople(config)
    const fault = workspaceFault(config.paths.workspace)
    if (fault) cli.stderr.write(`coop: ${fault}\n`)
    const code = fault ? exit.failed : exit.done
    if (values.json) {
      cli.stdout.write(
        `${JSON.stringify({ path: config.path, model: config.settings.agent.model, people })}\n`,
      )
      return code
    }
    cli.stdout.write(`${config.path} is valid. Model: ${config.settings.agent.model}\n\n`)
    for (const person of people) {
      cli.stdout.write(
        `${person.name} (${person.id}) on ${person.channel}: ${person.level}\n  opens: ${person.opens.join(', ') || 'nothing'}\n  tools: ${person.tools.join(', ') || 'none'}\n  prompt: about ${person.promptTokens} tokens\n`,
      )
    }
    return code
  },
}
