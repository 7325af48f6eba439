// The configuration as one full person's turn reaches it: what needs a yes is not changed without one.
import type { Clearance } from '../../access/clearance.ts'
import { entryName } from '../../config/diff.ts'
import { type Edit, keyParts } from '../../config/edit.ts'
import { explainKey } from '../../config/explain.ts'
import type { Config } from '../../config/load.ts'
import { CoopError } from '../../errors.ts'
import type { Generation, Via } from '../../store/generations.ts'
import type { ConfigHand } from '../../tools/hands/household.ts'
import { reportLine, reportPeople } from '../people/preview.ts'
import { clock } from '../zone.ts'
import type { Configuration } from './configuration.ts'
import { type Plan, planEdits, planText } from './plan.ts'

export interface ConfigHandOptions {
  readonly configuration: Configuration
  /** Whether a person approved this very call. */
  readonly approved: (callId: string) => boolean
  /** Whether somebody who is gone left something under this id. */
  readonly leftBehind: (id: string) => boolean
  readonly timezone: () => string
}

export function configHand(
  clearance: Clearance,
  callId: string,
  { configuration, approved, leftBehind, timezone }: ConfigHandOptions,
): ConfigHand | null {
  const { person, place } = clearance
  if (person === null || place.kind !== 'direct' || clearance.level !== 'full') return null
  const author = (why: string) => ({
    who: person,
    via: 'chat' as Via,
    why: why || 'no reason given',
    call: callId,
  })

  const planOfRollback = (generation: number | undefined) => {
    const wanted = configuration
      .history(1_000)
      .find(({ id, state, text }) =>
        generation === undefined
          ? state === 'kept' && text !== configuration.latest().text
          : id === generation,
      )
    if (!wanted) throw new CoopError('not_found', 'There is no such generation; the history lists them.')
    return { id: wanted.id, plan: planText(configuration.latest(), wanted.text) }
  }

  const mayRun = (plan: Plan) => {
    checkRight(plan)
    if (plan.right === 'approval' && !approved(callId))
      throw new CoopError('not_permitted', 'This change needs a person’s approval.')
  }

  return {
    explain: explainKey,
    get: key => getKey(configuration, key),
    history: () => historyText(configuration.history(20), timezone()),
    preview(edits) {
      const plan = planEdits(configuration.latest(), edits)
      return `${planLines(plan)}\n\nThen each person would get:\n${reportPeople(plan.next).map(reportLine).join('\n')}`
    },
    question(edits) {
      const plan = planEdits(configuration.latest(), edits)
      checkRight(plan)
      return plan.right === 'approval' ? questionOf(plan, leftBehind) : null
    },
    async patch(edits, why) {
      const before = configuration.outcomeOf(callId)
      if (before !== null) return before
      const wish = () => {
        const plan = planEdits(configuration.latest(), edits)
        mayRun(plan)
        return plan.next.text
      }
      return configuration.change(wish, author(why))
    },
    questionOfRollback(generation) {
      const { id, plan } = planOfRollback(generation)
      checkRight(plan)
      return `Go back to generation ${id} of the configuration?\n\n${planLines(plan)}`
    },
    async rollback(generation, why) {
      const before = configuration.outcomeOf(callId)
      if (before !== null) return before
      const { id, plan } = planOfRollback(generation)
      mayRun({ ...plan, right: plan.right === 'terminal' ? 'terminal' : 'approval' })
      return configuration.rollback(id, author(why || `back to generation ${id}`))
    },
  }
}

/** Throws for what only the terminal may change. */
function checkRight(plan: Plan): void {
  if (plan.right === 'terminal')
    throw new CoopError(
      'not_permitted',
      `This can only be changed at the terminal, with \`coop config set\` or in the file:\n${plan.lines.join('\n')}`,
    )
}

function questionOf(plan: Plan, leftBehind: (id: string) => boolean): string {
  const heirs = [...plan.next.household.people.keys()].filter(leftBehind)
  const warning = heirs.map(
    id =>
      `\nSomebody who is gone had the id ${id}: what was personal to them opens to this person. With another id they begin anew.`,
  )
  return `Change the configuration?\n\n${planLines(plan)}${warning.join('')}`
}

/** What would change, and its consequence. */
export function planLines(plan: Plan): string {
  const more = plan.widening.length > 0 ? `\nThis widens access or cost: ${plan.widening.join('; ')}.` : ''
  const cold = plan.cold.length > 0 ? `\nAfter a restart only: ${plan.cold.join(', ')}.` : ''
  return `${plan.lines.join('\n\n') || 'Nothing would change.'}${more}${cold}`
}

/** The value of a key, as JSON; the whole configuration for no key. Throws `not_found` for a key that there is not. */
export function getKey(configuration: Configuration, key: string): string {
  const value = valueAt(configuration.latest(), key)
  return value === undefined ? `${key} is not set. ${explainKey(key)}` : JSON.stringify(value, null, 1)
}

/** The value of a key; undefined when it is not set. */
export function valueAt({ settings }: Pick<Config, 'settings'>, key: string): unknown {
  let here: unknown = settings
  let list = ''
  for (const part of keyParts(key)) {
    if (Array.isArray(here)) {
      here = here.find(
        entry => entryName(list, entry) === part || (entry as { name?: unknown })?.name === part,
      )
    } else {
      here = (here as Record<string, unknown> | undefined)?.[part]
      list = list ? `${list}.${part}` : part
    }
  }
  return here
}

/** The newest generations, one paragraph each. */
export function historyText(generations: readonly Generation[], timezone: string): string {
  const lines = generations.map(({ id, at, who, via, why, state, reason, diff }) => {
    const fate =
      state === 'rolled_back' ? ` (rolled back: ${reason})` : state === 'probation' ? ' (being watched)' : ''
    return `Generation ${id}, ${clock(at, timezone)}, ${who ?? 'nobody'} by ${via}: ${why}${fate}${diff.map(line => `\n   ${line}`).join('')}`
  })
  return lines.join('\n') || 'Nothing was changed yet.'
}

/** Edits from words: `KEY VALUE`, where the value is JSON or a plain word. */
export function editFromWords(key: string, words: string): Edit {
  try {
    return { key, value: JSON.parse(words) }
  } catch {
    return { key, value: words }
  }
}
