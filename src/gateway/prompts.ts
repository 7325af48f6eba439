// The system prompt of each session, built once and kept, so that its bytes do not change under the cache.

import { groupOf } from '../access/clear.ts'
import type { Speaker } from '../access/household.ts'
import { type SystemPrompt, systemPrompt, withVolatile } from '../agent/prompt.ts'
import type { Config } from '../config/load.ts'
import type { Desk } from '../desk/desk.ts'

/** Prompts kept; an older one is built again when it is needed. */
const most = 500

export function openPrompts(config: () => Config) {
  const kept = new Map<string, SystemPrompt>()

  return {
    /** The prompt of a desk's session and epoch, as its clearance opens it. */
    promptFor(desk: Desk, speaker: Speaker): SystemPrompt {
      const key = `${desk.session.id} ${desk.turn.epoch} ${desk.clearance.fingerprint}`
      const known = kept.get(key)
      const { shared_files: sharedFiles, user_files: userFiles } = config().settings.prompt
      const prompt = known
        ? withVolatile(known, desk.clearance, desk.files, { sharedFiles, userFiles })
        : build(desk, speaker, config())
      kept.delete(key)
      kept.set(key, prompt)
      if (kept.size > most) kept.delete(kept.keys().next().value!)
      return prompt
    },
    /** A changed configuration may name other files. */
    forget: () => kept.clear(),
  }
}

export function build(
  desk: Pick<Desk, 'clearance' | 'files' | 'skills'>,
  speaker: Speaker,
  config: Config,
): SystemPrompt {
  const { settings, household } = config
  const { clearance } = desk
  const group = clearance.place.kind === 'group' ? groupOf(clearance.place, household) : undefined
  return systemPrompt(clearance, desk.files, {
    agent: settings.agent.id,
    speaker: speaker.kind === 'person' ? speaker.person : null,
    group: group
      ? {
          title: clearance.place.title ?? clearance.place.id,
          names: clearance.audience.map(id => household.people.get(id)?.name ?? id),
          unknown: clearance.strangers,
        }
      : null,
    skills: desk.skills.list(),
    sharedFiles: settings.prompt.shared_files,
    userFiles: settings.prompt.user_files,
  })
}
