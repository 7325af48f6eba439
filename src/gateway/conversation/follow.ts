// Follows a turn until it has its outcome: each event is shown to who watches, put into the draft, traced, and said where steps are.
import { type Outcome, runTurn, type TurnOptions } from '../../agent/turn.ts'
import type { Place } from '../../channel.ts'
import type { Received } from '../../store/inbox.ts'
import type { Span, Tracer } from '../../trace/trace.ts'
import type { Live } from '../live.ts'
import type { Begun } from './begun.ts'
import type { LiveDraft } from './drafts.ts'
import { openSoFar, type SoFarOptions } from './so-far.ts'

export interface FollowOptions extends SoFarOptions {
  readonly live: Live
  readonly tracer: Tracer
}

/** Where what the turn does is shown. */
export interface Shown {
  readonly span: Span
  readonly draft: LiveDraft
  /** Asked at each step: a message that joined may have come from elsewhere. */
  readonly place: () => Place
  readonly rows: readonly Received[]
}

export function openFollow(options: FollowOptions) {
  const { live, tracer } = options
  const saySoFar = openSoFar(options)

  return async function follow(
    { turn, desk }: Begun,
    turnOptions: TurnOptions,
    { span, draft, place, rows }: Shown,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const running = runTurn(desk, turnOptions, signal)
    const spans = new Map<string, Span>()
    let step = await running.next()
    for (; !step.done; step = await running.next()) {
      const event = step.value
      live.event(turn.session, event, desk.clearance.reads)
      draft.event(event)
      if (event.type === 'message' && !event.final) saySoFar(turn, desk, event.text, place(), rows)
      if (event.type !== 'tool' || event.output !== undefined) continue
      if (event.state === 'running')
        spans.set(event.call, tracer.start('tool', turn.trace, span.id, { tool: event.name }))
      // What a failed call said may quote what only its own conversation may read.
      if (event.state === 'done' && event.isError)
        spans.get(event.call)?.end(tracer.content({ text: event.detail }), 'the call failed')
      else if (event.state === 'done') spans.get(event.call)?.end()
    }
    return step.value
  }
}
