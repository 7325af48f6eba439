// coop check: validates the configuration and shows what each person would get.
import { parseArgs } from 'node:util'
import { viewOf } from '../access/clear.ts'
import { atLeast } from '../access/levels.ts'
import { promptTokens } from '../agent/prompt.ts'
import { countTokens } from '../agent/tokens.ts'
import { specOf } from '../agent/turn.ts'
import type { Config } from '../config/load.ts'
import { openFiles, workspaceFault } from '../desk/files.ts'
import { openSkills } from '../desk/skills.ts'
import { build } from '../gateway/prompts.ts'
import { tools } from '../tools/tools.ts'
import { type Command, exit } from './command.ts'
import { openConfig } from './home.ts'

export interface PersonReport {
  readonly id: string
  readonly name: string
  readonly level: string
  readonly channel: string
  readonly opens: readonly string[]
  readonly tools: readonly string[]
  readonly promptTokens: number
}

export const check: Command = {
  name: 'check',
  usage: ['check [--json]'],
  summary: 'validate the configuration; show what each person would get',
  async run(args, cli) {
    const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean' } } })
    const config = openConfig(cli)
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

/** What each person would get in a direct chat on each channel that they are known on. */
export function reportPeople(config: Config): PersonReport[] {
  return [...config.household.people.values()].flatMap(person => {
    const named = new Set(person.matches.map(match => match.slice(0, match.indexOf(':'))))
    return [...(named.size > 0 ? named : ['terminal'])].map(channel => {
      const clearance = viewOf(person, channel, config.household)
      const open = tools.filter(tool => atLeast(clearance.level, tool.level))
      const { workspace } = config.paths
      const files = openFiles(clearance, workspace)
      const skills = openSkills(clearance, files, workspace, config.settings.skills)
      const prompt = build({ clearance, files, skills }, { kind: 'person', person }, config)
      return {
        id: person.id,
        name: person.name,
        level: clearance.acts,
        channel,
        opens: clearance.reads,
        tools: open.map(tool => tool.name),
        promptTokens:
          promptTokens(prompt) +
          open.reduce((sum, tool) => sum + countTokens(JSON.stringify(specOf(tool))), 0),
      }
    })
  })
}
