<<<<<<< HEAD
// A session's list of steps, kept across turns and restarts; one for each set of open compartments, so that none shows in another.
=======
// A session's list of steps, kept across turns and restarts.
>>>>>>> main

import type { Clearance } from '../access/clearance.ts'
import type { Settings } from '../store/settings.ts'
import type { TodoHand, TodoItem } from '../tools/hands.ts'

<<<<<<< HEAD
=======
/** A list belongs to what was open when it was written: another clearance of the same session has another list. */
>>>>>>> main
export function openTodo(
  settings: Settings,
  session: string,
  clearance: Clearance,
  now: () => number,
): TodoHand {
  const scope = `session:${session}` as const
<<<<<<< HEAD
  const name = ['todo', ...clearance.reads].join(' ')
=======
  const name = `todo ${clearance.reads.join(' ')}`
>>>>>>> main
  return {
    read: () => settings.get<TodoItem[]>(scope, name) ?? [],
    write: items => settings.set(scope, name, items, now()),
  }
}
