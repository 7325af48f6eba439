// Which model answers: the subagent's own, what the person chose, what the configuration says.
import type { Person } from '../access/household.ts'
import type { Config } from '../config/load.ts'
import type { Store } from '../store/store.ts'
import { subagentOf } from './errand.ts'

export interface ModelChoice {
  /** For what a person says, in a session if it is known. */
  modelFor(person: Person | null, session?: string): string
  /** The cheap one, for side work. */
  sideModel(): string
}

export function openModelChoice(store: Store, config: () => Config): ModelChoice {
  return {
    modelFor(person, session) {
      const given = session === undefined ? null : subagentOf(store, session)?.model
      if (given) return given
      const chosen = person && store.settings.get<string>(`person:${person.id}`, 'model')
      return chosen ?? person?.model ?? config().settings.agent.model
    },
    sideModel() {
      const { models, agent } = config().settings
      return models.fast ?? agent.model
    },
  }
}
