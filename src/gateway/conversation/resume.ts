// From a stored turn that waited or was interrupted back to one under way: under the lower of then and now.
import type { Household, Speaker } from '../../access/household.ts'
import type { SystemPrompt } from '../../agent/prompt.ts'
import type { Desk } from '../../desk/desk.ts'
import type { Store } from '../../store/store.ts'
import type { OpenDesk } from '../desks.ts'
import type { Gatekeeper } from '../doors/gatekeeper.ts'
import type { Begun } from './begun.ts'
import type { DraftFacts, LiveDraft } from './drafts.ts'
import { isLower, lostReaders, type Withheld } from './withheld.ts'

export interface ResumeOptions {
  readonly store: Store
  readonly household: () => Household
  readonly gatekeeper: Gatekeeper
  readonly openDesk: OpenDesk
  readonly prompt: (desk: Desk, speaker: Speaker) => SystemPrompt
}

/** Null when the turn is over, or may not go on. */
export function openResume(
  options: ResumeOptions,
  withheld: Withheld,
  draft: (facts: DraftFacts) => LiveDraft,
) {
  const { store } = options

  return async function resume(id: string): Promise<Begun | null> {
    const turn = store.turns.get(id)
    const session = turn && store.sessions.get(turn.session)
    if (!turn || !session || (turn.state !== 'running' && turn.state !== 'waiting')) return null
    const clearance = await options.gatekeeper.reissue(turn.grant)
    const held = lostReaders(turn.grant, clearance)
    if (held || isLower(clearance, turn)) {
      // A draft may still be on display from before.
      const { trace, grant } = turn
      await draft({ turn: id, trace, place: grant.place, clearance, verbose: false }).withdraw()
      if (held) withheld.holdBack(turn)
      else withheld.revoke(turn)
      return null
    }
    store.turns.setState(id, 'running')
    const rows = store.inbox.ofTurn(id)
    const person = clearance.person === null ? undefined : options.household().people.get(clearance.person)
    const sender = rows[0]?.inbound.sender ?? { channel: turn.grant.place.channel, id: '', name: '' }
    const speaker: Speaker = person ? { kind: 'person', person } : { kind: 'stranger', sender }
    const desk = options.openDesk(clearance, session, turn)
    return { turn, desk, prompt: options.prompt(desk, speaker), speaker, rows }
  }
}
