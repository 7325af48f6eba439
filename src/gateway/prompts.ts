// The system prompt of each session, built once and kept, so that its bytes do not change under the cache.

import { groupOf } from '../access/clear.ts'
import type { Speaker } from '../access/household.ts'
import { type SystemPrompt, skillLines, systemPrompt, withVolatile } from '../agent/prompt.ts'
import type { Config } from '../config/load.ts'
import type { Desk } from '../desk/desk.ts'
import { shownName } from './people/shown-name.ts'

/** Prompts kept; an older one is built again when it is needed. */
const most = 500

export type Prompts = ReturnType<typeof openPrompts>

export function openPrompts(config: () => Config) {
  const kept = new Map<string, { prompt: SystemPrompt; skills: string }>()

  return {
    /** The prompt of a desk's session and epoch, as its clearance opens it. */
    promptFor(desk: Desk, speaker: Speaker): SystemPrompt {
      const key = `${desk.session.id} ${desk.turn.epoch} ${desk.clearance.fingerprint}`
      const known = kept.get(key)
      kept.delete(key)
      const made = known ?? {
        prompt: build(desk, speaker, config()),
        skills: skillLines(desk.skills.list()),
      }
      kept.set(key, made)
      if (kept.size > most) kept.delete(kept.keys().next().value!)
      return known ? later(known, desk) : made.prompt
    },
    /** A changed configuration may name other files. */
    forget: () => kept.clear(),
  }

  /** What changed since the prompt was built goes with the message, so that the prompt stays as it is. */
  function later({ prompt, skills }: { prompt: SystemPrompt; skills: string }, desk: Desk): SystemPrompt {
    const { shared_files: sharedFiles, user_files: userFiles } = config().settings.prompt
    const fresh = withVolatile(prompt, desk.clearance, desk.files, { sharedFiles, userFiles })
    const now = skillLines(desk.skills.list())
    if (now === skills) return fresh
    const told = `The skills have changed; there are now:\n${now || '(none)'}`
    return { ...fresh, volatile: [fresh.volatile, told].filter(Boolean).join('\n\n') }
  }
}

/** The prompt of a desk as it would be made now, kept nowhere. */
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
          title: shownName(clearance.place.title ?? clearance.place.id),
          names: clearance.audience.map(id => household.people.get(id)?.name ?? id),
          unknown: clearance.strangers,
        }
      : null,
    skills: desk.skills.list(),
    sharedFiles: settings.prompt.shared_files,
    userFiles: settings.prompt.user_files,
  })
}
