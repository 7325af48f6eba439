// The tools that a clearance has as the configuration stands: what a desk gives, without opening one.
import { existsSync } from 'node:fs'
import type { Clearance } from '../access/clearance.ts'
import type { Person } from '../access/household.ts'
import { atLeast } from '../access/levels.ts'
import { findBwrap } from '../box/bwrap-runtime.ts'
import { policyOf } from '../box/policy.ts'
import { boxRulesOf } from '../box/rules.ts'
import type { Config } from '../config/load.ts'
import { openFiles } from '../desk/files.ts'
import { openSkills } from '../desk/skills.ts'
import { toolServersOf } from '../mcp/server.ts'
import type { Tool } from '../tools/tool.ts'
import { tools } from '../tools/tools.ts'
import { webHandOf, webRulesOf } from '../web/hand.ts'

export interface Foreseen {
  /** In a job, where nobody is there to talk to. */
  readonly working?: boolean
  /** Whether a channel is there; those of the configuration and the terminal, if absent. */
  readonly runs?: (channel: string) => boolean
}

/** A box that is installed counts as one that holds. */
export function foreseenTools(
  clearance: Clearance,
  config: Config,
  { working = false, runs = isConfigured(config) }: Foreseen = {},
): readonly Tool[] {
  const { settings, household, paths } = config
  const { person, level, place } = clearance
  const rules = boxRulesOf(config, settings.skills.paths)
  const policy = policyOf(clearance, rules, false)
  const walled = settings.box.runtime !== 'none' && findBwrap() !== undefined
  const box = policy !== null && existsSync(paths.workspace) && (policy.host || walled)
  const acts = box && policy.acts
  const web = webHandOf(clearance, webRulesOf(config, rules.egress))
  const alone = !working && person !== null && place.kind === 'direct' && level === 'full'
  const reached = ({ matches }: Person) => matches.some(match => runs(match.slice(0, match.indexOf(':'))))
  const files = openFiles(clearance, paths.workspace, () => null)
  const there: Readonly<Record<string, boolean>> = {
    bash: acts,
    edit_file: acts,
    write_file: acts,
    glob: box,
    grep: box,
    read_file: box,
    send_file: box && !working,
    web_fetch: web?.fetch != null,
    web_search: web?.search != null,
    config: alone,
    people: alone,
    schedule: !working && person !== null,
    react: !working && place.channel !== 'terminal',
    message:
      person !== null && household.people.values().some(other => other.id !== person && reached(other)),
    subagent: person !== null && atLeast(level, settings.subagents.trust) && settings.subagents.max_depth > 0,
    mcp:
      person !== null &&
      toolServersOf(config).some(
        server => atLeast(level, server.trust) && (server.way.kind === 'address' || box),
      ),
    skill: openSkills(clearance, () => files, paths.workspace, settings.skills).any,
  }
  return tools.filter(
    tool =>
      atLeast(level, tool.level) &&
      (clearance.tools === null || clearance.tools.includes(tool.name)) &&
      (there[tool.name] ?? true),
  )
}

/** The channels that a gateway of this configuration has. */
export const isConfigured =
  ({ settings }: Config) =>
  (channel: string): boolean =>
    channel === 'terminal' || (settings.channels as Readonly<Record<string, unknown>>)[channel] !== undefined
