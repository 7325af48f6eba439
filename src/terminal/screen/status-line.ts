// One line under the editor: who answers, which conversation, how full it is, what it cost, which channels ail.
import { type Component, truncateToWidth, visibleWidth } from '@earendil-works/pi-tui'
import type { Results } from '../../protocol/messages.ts'
import { clean } from '../clean.ts'
import type { Theme } from './theme.ts'

export type SessionState = Results['session/state']

export interface StatusLine extends Component {
  set(facts: Partial<StatusFacts>): void
}

export interface StatusFacts {
  readonly name: string
  readonly level: string
  readonly session: string
  readonly model: string
  readonly state: SessionState | null
  /** What goes on right now; empty when nothing does. */
  readonly activity: string
  /** What the keys do for a moment; empty when nothing is to be said. */
  readonly hint: string
  /** Why the gateway is away, null while it is not. */
  readonly away: string | null
}

export function openStatusLine(first: StatusFacts, theme: Theme): StatusLine {
  let facts = first
  return {
    set(more) {
      facts = { ...facts, ...more }
    },
    render: width => [line(facts, theme, width)],
    invalidate() {},
  }
}

/** The most important first, so that a narrow terminal loses the least. */
function line(facts: StatusFacts, theme: Theme, width: number): string {
  const { state } = facts
  const ailing = (state?.channels ?? []).filter(channel => channel.state !== 'connected')
  const { dim, bad, warn } = theme
  const parts = [
    facts.hint ? warn(facts.hint) : '',
    facts.away === null ? '' : bad(`gateway away, connecting…${facts.away && ` ${clean(facts.away)}`}`),
    facts.activity ? warn(facts.activity) : '',
    ...ailing.map(channel => bad(`${clean(channel.name)} ${channel.state}`)),
    ...[
      clean(state?.model ?? facts.model),
      `${clean(facts.name)}, ${facts.level}`,
      clean(state?.title ?? facts.session),
      state && state.context.limit > 0
        ? `${Math.round((100 * state.context.used) / state.context.limit)}% context`
        : '',
      state && state.usdToday > 0 ? `$${state.usdToday.toFixed(2)} today` : '',
      state && ailing.length === 0 && state.channels.length > 1 ? `${state.channels.length} channels` : '',
    ].map(part => part && dim(part)),
  ].filter(Boolean)
  let text = ''
  for (const part of parts) {
    const longer = text ? `${text}${dim(' · ')}${part}` : part
    if (visibleWidth(longer) > width) break
    text = longer
  }
  return text || truncateToWidth(parts[0] ?? '', width, '…')
}
