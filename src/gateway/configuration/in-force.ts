// The configuration in force, and what is made of it: replaced as one.
import type { Household } from '../../access/household.ts'
import type { Models } from '../../agent/models/models.ts'
import type { BoxRules } from '../../box/policy.ts'
import { boxRulesOf } from '../../box/rules.ts'
import type { Config } from '../../config/load.ts'
import { type ToolServer, toolServersOf } from '../../mcp/server.ts'
import { type WebRules, webRulesOf } from '../../web/hand.ts'
import { systemTimezone } from '../zone.ts'

/** Asked at each use: a changed configuration counts at once. */
export interface InForce {
  config(): Config
  household(): Household
  models(): Models
  boxRules(): BoxRules
  webRules(): WebRules
  toolServers(): readonly ToolServer[]
  /** The time zone of the household. */
  timezone(): string
  directSessions(): Config['settings']['sessions']['direct']
  replace(next: Config): void
}

export function openInForce(first: Config, modelsOf: (config: Config) => Models): InForce {
  const made = (config: Config) => {
    const boxRules = boxRulesOf(config, config.settings.skills.paths)
    return {
      config,
      models: modelsOf(config),
      boxRules,
      webRules: webRulesOf(config, boxRules.egress),
      toolServers: toolServersOf(config),
    }
  }
  let current = made(first)

  return {
    config: () => current.config,
    household: () => current.config.household,
    models: () => current.models,
    boxRules: () => current.boxRules,
    webRules: () => current.webRules,
    toolServers: () => current.toolServers,
    timezone: () => current.config.settings.agent.timezone ?? systemTimezone(),
    directSessions: () => current.config.settings.sessions.direct,
    replace(next) {
      current = made(next)
    },
  }
}
