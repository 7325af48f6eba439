// A session's list of steps, kept across turns and restarts; one for each set of open compartments, so that none shows in another.

import type { Clearance } from '../access/clearance.ts'
import type { Settings } from '../store/settings.ts'
import type { TodoHand, TodoItem } from '../tools/hands.ts'

export function openTodo(
  settings: Settings,
  session: string,
  clearance: Clearance,
  now: () => number,
): TodoHand {
  const scope = `session:${session}` as const
  const name = ['todo', ...clearance.reads].join(' ')
  return {
    read: () => settings.get<TodoItem[]>(scope, name) ?? [],
    write: items => settings.set(scope, name, items, now()),
  }
}
