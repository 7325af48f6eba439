// The turns that a crash or a shutdown left, put back into their lanes.
import type { Store } from '../store/store.ts'
import type { Task } from './conversation/task.ts'
import type { Lanes } from './lanes.ts'
import { isAwaiting } from './waiting.ts'

export function resumeTurns(store: Store, lanes: Lanes<Task>): void {
  // What ran had its lane: a turn that was woken behind it must not find its messages unanswered.
  const turns = store.turns.open()
  const woken = turns.filter(turn => turn.state === 'waiting' && !isAwaiting(store, turn.id))
  for (const { id, session } of [...turns.filter(open => open.state === 'running'), ...woken])
    lanes.push(session, { kind: 'resume', turn: id, session })
}
