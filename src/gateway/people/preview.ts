// What each person would get under a configuration: level, compartments, tools, the size of the prompt.
import { viewOf } from '../../access/clear.ts'
import { promptTokens } from '../../agent/prompt.ts'
import { specTokens } from '../../agent/specs.ts'
import type { Config } from '../../config/load.ts'
import { openFiles } from '../../desk/files.ts'
import { openSkills } from '../../desk/skills.ts'
import { foreseenTools } from '../foreseen-tools.ts'
import { build } from '../prompts.ts'

export interface PersonReport {
  readonly id: string
  readonly name: string
  readonly level: string
  readonly channel: string
  readonly opens: readonly string[]
  readonly tools: readonly string[]
  readonly promptTokens: number
}

/** What each person would get in a direct chat on each channel that they are known on. */
export function reportPeople(config: Config): PersonReport[] {
  return [...config.household.people.values()].flatMap(person => {
    const named = new Set(person.matches.map(match => match.slice(0, match.indexOf(':'))))
    return [...(named.size > 0 ? named : ['terminal'])].map(channel => {
      const clearance = viewOf(person, channel, config.household)
      const open = foreseenTools(clearance, config)
      const { workspace } = config.paths
      const files = openFiles(clearance, workspace, () => null)
      const skills = openSkills(clearance, () => files, workspace, config.settings.skills)
      const prompt = build({ clearance, files, skills }, { kind: 'person', person }, config)
      return {
        id: person.id,
        name: person.name,
        level: clearance.acts,
        channel,
        opens: clearance.reads,
        tools: open.map(tool => tool.name),
        promptTokens: promptTokens(prompt) + specTokens(open),
      }
    })
  })
}

/** A report on one line. */
export const reportLine = (person: PersonReport): string =>
  `${person.name} (${person.id}) on ${person.channel}: ${person.level}; opens ${person.opens.join(', ') || 'nothing'}; tools ${person.tools.join(', ') || 'none'}; prompt about ${person.promptTokens} tokens`
