// A session's list of steps, kept across turns and restarts; one for each set of open compartments, so that none shows in another.

import type { Clearance } from '../access/clearance.ts'
import { type Origin, saidAfter } from '../store/entry.ts'
import type { Settings } from '../store/settings.ts'
import type { TodoHand, TodoItem } from '../tools/hands/talk.ts'

interface Kept {
  readonly items: readonly TodoItem[]
  readonly origin: Origin
}

/** `seen` is the worst in the prompt of whoever writes; what is written then is as far from a person. */
export function openTodo(
  settings: Settings,
  session: string,
  clearance: Clearance,
  seen: () => Origin,
  now: () => number,
): TodoHand {
  const scope = `session:${session}` as const
  const name = ['todo', ...clearance.reads].join(' ')
  return {
    read() {
      const kept = settings.get<Kept | readonly TodoItem[]>(scope, name)
      if (!kept) return { items: [], origin: 'agent' }
      // A list from before origins were kept may be of any.
      return 'items' in kept ? kept : { items: kept, origin: 'derived' }
    },
    write: items => settings.set(scope, name, { items, origin: saidAfter(seen()) } satisfies Kept, now()),
  }
}
