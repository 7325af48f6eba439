// Skills: folders with a SKILL.md, shared ones by trust and a person's own; listed in the prompt, read on demand.
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { join, sep } from 'node:path'
import type { Clearance } from '../access/clearance.ts'
import { atLeast, type Level, levelOf } from '../access/levels.ts'
import type { Origin } from '../store/entry.ts'
import type { SkillHand } from '../tools/hands/talk.ts'
import type { Files } from './files.ts'

export interface SkillRules {
  /** Folders inside the workspace that hold a folder a skill. */
  readonly paths: readonly string[]
  /** The lowest level that has the shared ones. */
  readonly trust: Level
}

/** Skills of one prompt; more are left out of the list, by name. */
const most = 40
const maxDescription = 200

/**
 * The skills that this clearance opens. A person's own come before shared ones of the same name. Each is read
 * through files of its own, which tell where it came from.
 */
export function openSkills(
  clearance: Clearance,
  openFiles: () => Files,
  workspace: string,
  rules: SkillRules,
): SkillHand {
  const direct = clearance.person !== null && clearance.place.kind === 'direct'
  const own = direct ? skillsIn(join(workspace, 'users', clearance.person!), 'skills') : []
  const shared = atLeast(levelOf(clearance.reads), rules.trust)
    ? rules.paths.flatMap(path => skillsIn(workspace, path))
    : []
  const read = (name: string): { text: string; origin: Origin } | undefined => {
    const files = openFiles()
    const mine = own.find(skill => skill.name === name)
    const common = shared.find(skill => skill.name === name)
    const text =
      (mine && files.own(mine.path, 'familiar')) ?? (common && files.shared(common.path, rules.trust))
    return text === undefined ? undefined : { text, origin: files.origin() }
  }
  return {
    any: own.length + shared.length > 0,
    list() {
      const names = [...new Set([...own, ...shared].map(skill => skill.name))].sort()
      return names.slice(0, most).flatMap(name => {
        const found = read(name)
        if (!found) return []
        // The list stands in every prompt, where words from outside would be taken for the household's.
        const strange = found.origin === 'outside' || found.origin === 'derived'
        return [{ name, description: strange ? 'made from outside text' : descriptionIn(found.text) }]
      })
    },
    read,
  }
}

/** A link to elsewhere shows nothing, not even which folders there are. */
function skillsIn(root: string, path: string): { name: string; path: string }[] {
  if (!existsSync(join(root, path))) return []
  try {
    const top = realpathSync(root)
    const [named, real] = [join(top, path), realpathSync(join(root, path))]
    const led = !real.startsWith(top + sep) || real.startsWith(join(top, 'users') + sep)
    if (real !== named && led) return []
    return readdirSync(join(root, path), { withFileTypes: true })
      .filter(entry => entry.isDirectory() && /^[\w.-]{1,64}$/.test(entry.name))
      .map(entry => ({ name: entry.name, path: join(path, entry.name, 'SKILL.md') }))
  } catch {
    return []
  }
}

/** The `description` of the front matter, else the first line of prose. */
function descriptionIn(text: string): string {
  const front = /^---\n([\s\S]*?)\n---/.exec(text)?.[1]
  const named = front && /^description:\s*(.+)$/m.exec(front)?.[1]
  const line =
    named ??
    text
      .replace(/^---\n[\s\S]*?\n---/, '')
      .split('\n')
      .find(words => words.trim() && !words.startsWith('#'))
  return (line ?? '')
    .trim()
    .replace(/^["']|["']$/g, '')
    .slice(0, maxDescription)
}
