// A session's list of steps, kept across turns and restarts.
import type { Clearance } from '../access/clearance.ts'
import type { Settings } from '../store/settings.ts'
import type { TodoHand, TodoItem } from '../tools/hands.ts'

/** A list belongs to what was open when it was written: another clearance of the same session has another list. */
export function openTodo(
  settings: Settings,
  session: string,
  clearance: Clearance,
  now: () => number,
): TodoHand {
  const scope = `session:${session}` as const
  const name = `todo ${clearance.reads.join(' ')}`
  return {
    read: () => settings.get<TodoItem[]>(scope, name) ?? [],
    write: items => settings.set(scope, name, items, now()),
  }
}
