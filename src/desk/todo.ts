// A session's list of steps, kept across turns and restarts.
import type { Settings } from '../store/settings.ts'
import type { TodoHand, TodoItem } from '../tools/hands.ts'

export function openTodo(settings: Settings, session: string, now: () => number): TodoHand {
  const scope = `session:${session}` as const
  return {
    read: () => settings.get<TodoItem[]>(scope, 'todo') ?? [],
    write: items => settings.set(scope, 'todo', items, now()),
  }
}
