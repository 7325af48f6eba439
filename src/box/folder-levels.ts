// How far a person was trusted while files came into their folder: lowering them later opens those files to nobody new.
import { highest, type Level } from '../access/levels.ts'
import type { Settings } from '../store/settings.ts'

export interface FolderLevels {
  /** The level that a folder of somebody trusted as `now` belongs to. */
  of(person: string, now: Level): Level
  /** From now on it may hold what `level` opens. */
  note(person: string, level: Level): void
}

const name = 'folder level'

export function openFolderLevels(settings: Settings): FolderLevels {
  const kept = (person: string) => settings.get<Level>(`person:${person}`, name) ?? 'public'
  return {
    of: (person, now) => highest(kept(person), now),
    note(person, level) {
      if (highest(kept(person), level) !== kept(person))
        settings.set(`person:${person}`, name, level, Date.now())
    },
  }
}
